"""What a session did, as flat records of plain values."""

import json

from session_rig import Rig

from refimpl.core.constants import State
from refimpl.core.outputs import Output, Transmit, Why
from refimpl.core.packet import ControlPacket
from refimpl.core.trace import EVENT_NAMES, record


def records(rig: Rig) -> list[dict[str, object]]:
    return [record(time, output) for time, output in rig.log]


def story() -> Rig:
    """A session that does everything it can do."""
    rig = Rig(desired_min_echo_tx_us=50_000)
    rig.settle()
    rig.note(rig.session.congested(rig.now))
    rig.hear(State.UP, required_min_echo_rx_interval_us=50_000)
    rig.advance(600_000)
    rig.disable()
    rig.hear(State.DOWN)
    rig.advance(5_000_000)
    return rig


def test_every_output_has_a_name_and_plain_values() -> None:
    found = records(story())

    assert {entry["event"] for entry in found} == set(EVENT_NAMES.values())
    assert json.loads(json.dumps(found)) == found
    assert all(type(value) in (int, str, bool, type(None)) for entry in found for value in entry.values())


def test_a_change_of_state_reads_as_the_rfc_spells_it() -> None:
    changes = [entry for entry in records(story()) if entry["event"] == "session:state_changed"]

    assert [(entry["old"], entry["new"]) for entry in changes] == [
        ("Down", "Init"),
        ("Init", "Up"),
        ("Up", "AdminDown"),
    ]
    assert changes[-1] == {
        "time_us": 600_000,
        "event": "session:state_changed",
        "old": "Up",
        "new": "AdminDown",
        "diag": 7,
        "trigger": "administratively disabled",
        "clause": "6.8.16",
    }


def test_a_packet_is_recorded_field_by_field() -> None:
    first = records(story())[0]

    assert (first["event"], first["why"], first["state"]) == ("tx:packet", "periodic", "Down")
    assert (first["my_discriminator"], first["desired_min_tx_interval_us"]) == (0x11111111, 1_000_000)


def test_a_state_off_the_wire_is_spelled_out_too() -> None:
    assert record(5, Transmit(ControlPacket(state=3), Why.FINAL))["state"] == "Up"


def test_the_same_run_makes_the_same_records() -> None:
    assert records(story()) == records(story())


def test_no_kind_of_output_was_left_out() -> None:
    assert set(EVENT_NAMES) == set(Output.__args__)
