"""The discard rules of RFC 5880 section 6.8.6 and RFC 5881 section 5: each drops its packet, in the RFC's order."""

from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from random import Random
from typing import Any

import pytest
from session_rig import LOCAL, PEER, REMOTE_DISCR, meta, packet, sent

from refimpl.core.constants import State
from refimpl.core.demux import SessionTable
from refimpl.core.outputs import Discarded, DiscardReason, Output
from refimpl.core.packet import Malformed
from refimpl.core.profile import SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5881 import SINGLE_HOP


@dataclass(frozen=True)
class Flaw:
    reason: DiscardReason
    fields: dict[str, Any] = field(default_factory=dict)
    encapsulation: dict[str, Any] = field(default_factory=dict)


# In the order of 6.8.6.
FLAWS = [
    Flaw(DiscardReason.VERSION, {"version": 2}),
    Flaw(DiscardReason.LENGTH_TOO_SMALL, {"length": 23}),
    Flaw(DiscardReason.LENGTH_BEYOND_PAYLOAD, {}, {"payload_length": 22}),
    Flaw(DiscardReason.DETECT_MULT_ZERO, {"detect_mult": 0}),
    Flaw(DiscardReason.MULTIPOINT, {"multipoint": True}),
    Flaw(DiscardReason.MY_DISCRIMINATOR_ZERO, {"my_discriminator": 0}),
    Flaw(DiscardReason.UNKNOWN_YOUR_DISCRIMINATOR, {"your_discriminator": 0xDEADBEEF}),
    Flaw(DiscardReason.YOUR_DISCRIMINATOR_ZERO, {"your_discriminator": 0, "state": State.UP}),
    Flaw(DiscardReason.NO_SESSION, {"your_discriminator": 0, "state": State.DOWN}, {"source": "192.0.2.99"}),
    Flaw(
        DiscardReason.AUTHENTICATION_UNEXPECTED, {"authentication_present": True, "length": 26}, {"payload_length": 26}
    ),
]


class Bench:
    def __init__(self) -> None:
        self.table = SessionTable(Random(1))
        config = SessionConfig(peer=PEER, local=LOCAL, interface="eth0")
        self.session: Session = self.table.create(config, SINGLE_HOP, 0)
        self.discr = self.session.variables.local_discr

    def receive(self, *flaws: Flaw, state: State = State.DOWN) -> list[Output]:
        fields: dict[str, Any] = {"your_discriminator": self.discr, "state": state}
        encapsulation: dict[str, Any] = {}
        # The earliest flaw is applied last, so that it survives where two need the same field.
        for flaw in reversed(flaws):
            fields |= flaw.fields
            encapsulation |= flaw.encapsulation
        heard = replace(packet(state), **fields)
        return self.table.receive(heard, meta(**encapsulation), 1000)[1]


def reasons(outputs: list[Output]) -> list[DiscardReason]:
    return [output.reason for output in outputs if isinstance(output, Discarded)]


def test_a_proper_packet_is_received() -> None:
    bench = Bench()

    assert reasons(bench.receive()) == []
    assert bench.session.state is State.INIT
    assert bench.session.counters.received == 1


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.reason.name)
def test_a_flaw_has_its_own_reason_and_the_session_does_not_notice(flaw: Flaw) -> None:
    bench = Bench()
    before = asdict(bench.session.variables)

    outputs = bench.receive(flaw)

    assert outputs == [Discarded(flaw.reason, "6.8.6")]
    assert asdict(bench.session.variables) == before
    assert bench.session.counters.received == 0
    assert bench.session.next_deadline() == 0  # the first transmission, as before


def compatible(earlier: Flaw, later: Flaw) -> bool:
    """Can one packet have both?"""
    return all(
        a.get(key, value) == value
        for a, b in ((earlier.fields, later.fields), (earlier.encapsulation, later.encapsulation))
        for key, value in b.items()
    )


PAIRS = [pair for pair in combinations(FLAWS, 2) if compatible(*pair)]


def test_the_pairs_leave_out_only_what_cannot_be_combined() -> None:
    left_out = {(a.reason.name, b.reason.name) for a, b in combinations(FLAWS, 2) if not compatible(a, b)}

    assert left_out == {
        ("LENGTH_TOO_SMALL", "AUTHENTICATION_UNEXPECTED"),
        ("LENGTH_BEYOND_PAYLOAD", "AUTHENTICATION_UNEXPECTED"),
        ("UNKNOWN_YOUR_DISCRIMINATOR", "YOUR_DISCRIMINATOR_ZERO"),
        ("UNKNOWN_YOUR_DISCRIMINATOR", "NO_SESSION"),
        ("YOUR_DISCRIMINATOR_ZERO", "NO_SESSION"),
    }


@pytest.mark.parametrize(("earlier", "later"), PAIRS, ids=lambda flaw: flaw.reason.name)
def test_of_two_flaws_the_rfc_asks_for_the_earlier_first(earlier: Flaw, later: Flaw) -> None:
    assert reasons(Bench().receive(earlier, later)) == [earlier.reason]


@pytest.mark.parametrize("version", [0, 2, 3, 4, 5, 6, 7])
def test_only_version_1_is_read(version: int) -> None:
    assert reasons(Bench().receive(Flaw(DiscardReason.VERSION, {"version": version}))) == [DiscardReason.VERSION]


@pytest.mark.parametrize(
    ("authenticated", "length", "payload", "expected"),
    [
        (False, 23, 24, DiscardReason.LENGTH_TOO_SMALL),
        (False, 24, 24, None),
        (False, 24, 30, None),
        (False, 25, 24, DiscardReason.LENGTH_BEYOND_PAYLOAD),
        (False, 25, 25, None),
        (True, 25, 40, DiscardReason.LENGTH_TOO_SMALL),
        (True, 26, 25, DiscardReason.LENGTH_BEYOND_PAYLOAD),
        (True, 26, 26, DiscardReason.AUTHENTICATION_UNEXPECTED),
    ],
)
def test_length_against_its_minimum_and_the_payload(
    authenticated: bool, length: int, payload: int, expected: DiscardReason | None
) -> None:
    fields = {"authentication_present": authenticated, "length": length}

    outputs = Bench().receive(Flaw(DiscardReason.LENGTH_TOO_SMALL, fields, {"payload_length": payload}))

    assert reasons(outputs) == ([] if expected is None else [expected])


@pytest.mark.parametrize(("state", "accepted"), [(State.ADMIN_DOWN, True), (State.DOWN, True), (State.INIT, False)])
def test_your_discriminator_may_be_zero_only_in_down_and_admin_down(state: State, accepted: bool) -> None:
    found = reasons(Bench().receive(Flaw(DiscardReason.NO_SESSION, {"your_discriminator": 0, "state": state})))

    assert found == ([] if accepted else [DiscardReason.YOUR_DISCRIMINATOR_ZERO])


def test_a_packet_without_authentication_is_dropped_where_authentication_is_in_use() -> None:
    bench = Bench()
    bench.session.variables.auth_type = 4

    assert reasons(bench.receive()) == [DiscardReason.AUTHENTICATION_MISSING]
    assert bench.session.counters.discarded == 1
    assert bench.session.variables.remote_discr == 0


@pytest.mark.parametrize("ttl", [0, 1, 254])
def test_single_hop_accepts_no_packet_that_crossed_a_router(ttl: int) -> None:
    bench = Bench()

    outputs = bench.receive(Flaw(DiscardReason.TTL, {"poll": True}, {"ttl": ttl}))

    assert reasons(outputs) == [DiscardReason.TTL]
    assert not sent(outputs)
    assert outputs == [Discarded(DiscardReason.TTL, "RFC 5881 section 5")]
    assert bench.session.variables.remote_discr == 0


def test_a_payload_shorter_than_the_mandatory_section_is_dropped() -> None:
    bench = Bench()

    session, outputs = bench.table.receive(Malformed(b"\x20\x40\x03"), meta(payload_length=3), 1000)

    assert session is None
    assert outputs == [Discarded(DiscardReason.TOO_SHORT, "6.8.6")]


def test_an_accepted_packet_teaches_the_session_all_that_it_says() -> None:
    bench = Bench()

    bench.receive(
        Flaw(
            DiscardReason.NO_SESSION,
            {
                "state": State.DOWN,
                "diag": 5,
                "demand": True,
                "detect_mult": 9,
                "desired_min_tx_interval_us": 123_456,
                "required_min_rx_interval_us": 654_321,
            },
        )
    )

    v = bench.session.variables
    assert (v.remote_discr, v.remote_session_state, v.remote_diag) == (REMOTE_DISCR, State.DOWN, 5)
    assert (v.remote_demand_mode, v.remote_min_rx_interval_us) == (True, 654_321)
    assert (v.remote_desired_min_tx_interval_us, v.remote_detect_mult) == (123_456, 9)
