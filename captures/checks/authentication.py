"""Rules about the sequence numbers of authenticated packets (RFC 5880 sections 6.7.3 and 6.7.4).

Two packets with the same number have the same number, whatever was lost between them; only a packet that was delivered
or captured twice has to be told from one that was sent so.
"""

from functools import partial
from itertools import pairwise

from captures import traits
from captures.checks.contents import MD5_TYPES, SHA1_TYPES
from captures.findings import Check, Evidence, Level, View, Wrong, at
from captures.handshake import LAG_NS, judged
from captures.rows import Row

_TELLING = 4
_NEARLY_ALL = 0.8
"""Where each packet is delivered or captured twice, half of all steps are repetitions."""


def _meticulous(view: View, *, auth_type: int) -> Evidence:
    """Nearly all packets of a stretch have the number of the one before, for longer than a packet may be late."""
    examined, wrong = 0, []
    for _, said in judged(view):
        for own in said:
            for stretch in own.stretches if own.row.auth_type == auth_type else ():
                steps = stretch.steps
                if steps is None or stretch.count < 2:
                    continue
                examined += stretch.count - 1
                repeated = steps.repeated >= max(_TELLING, _NEARLY_ALL * (stretch.count - 1))
                if repeated and stretch.last_ns - stretch.first_ns > LAG_NS:
                    words = f"the number of the packet before, {steps.repeated} times in {stretch.count} packets"
                    where = at(steps.repeated_frame, stretch.first_ns)
                    wrong.append(Wrong(where, "a Sequence Number greater than that of the packet before", words))
    return Evidence(examined, wrong)


def _not_told(view: View, *, auth_type: int, by_state: bool) -> Evidence:
    """Packets that follow each other and differ in their state, or in something else, with the same number."""
    examined, wrong = 0, []
    for _, said in judged(view):
        for before, after in pairwise(said):
            rows = before.row, after.row
            if any(row.auth_type != auth_type or row.auth_sequence is None for row in rows):
                continue
            if by_state != (rows[0].state != rows[1].state) or _contents(rows[0]) == _contents(rows[1]):
                continue
            examined += 1
            if after.stretches[0].lead_step == 0:
                what = "a change of state" if by_state else "other contents"
                words = f"the same number as in frame {before.last_frame}, with {what}"
                wrong.append(Wrong(at(after.first_frame, after.first_ns), "a new Sequence Number", words))
    return Evidence(examined, wrong)


def _contents(row: Row) -> tuple[object, ...]:
    """All but the P and F bits, of which a reader may think either way."""
    return (
        row.state,
        row.diag,
        row.demand,
        row.detect_mult,
        row.my_discriminator,
        row.your_discriminator,
        row.desired_min_tx_interval_us,
        row.required_min_rx_interval_us,
        row.required_min_echo_rx_interval_us,
    )


def _check(requirement: str, name: str, level: Level, wants: str, examine: partial[Evidence]) -> Check:
    section = requirement.split("-")[1]
    return Check(
        requirement=requirement,
        clause=f"RFC 5880 section {section}: with {name}, {wants}",
        level=level,
        examine=examine,
        absent=f"the capture shows no such packets of the speaker with {name}",
        about=traits.authentication,
    )


CHECKS: tuple[Check, ...] = tuple(
    check
    for section, name, keyed, meticulous in (
        ("6.7.3", "Keyed MD5", *MD5_TYPES),
        ("6.7.4", "Keyed SHA1", *SHA1_TYPES),
    )
    for check in (
        _check(
            f"5880-{section}-r18",
            f"Meticulous {name}",
            "MUST",
            "the Sequence Number is incremented for each packet",
            partial(_meticulous, auth_type=meticulous),
        ),
        _check(
            f"5880-{section}-r16",
            name,
            "SHOULD",
            "the Sequence Number is incremented when the state changes",
            partial(_not_told, auth_type=keyed, by_state=True),
        ),
        _check(
            f"5880-{section}-r17",
            name,
            "SHOULD",
            "the Sequence Number is incremented when the contents change",
            partial(_not_told, auth_type=keyed, by_state=False),
        ),
    )
)
