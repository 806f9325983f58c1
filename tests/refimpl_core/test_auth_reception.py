"""Receipt of authenticated packets (RFC 5880 sections 6.7.2 to 6.7.4, 6.8.1 and 6.8.6)."""

from dataclasses import asdict

import pytest
from auth_rig import DIGESTS, KEYED, KEYS, METICULOUS, PASSWORD, AuthRig, auth, plain, reasons, signed
from hypothesis import given
from hypothesis import strategies as st
from session_rig import meta

from refimpl.core.constants import AuthType, State
from refimpl.core.outputs import Discarded, DiscardReason
from refimpl.core.packet import ControlPacket
from refimpl.core.session import Session
from refimpl.wire.codec import decode

TYPE, KEY_ID = DiscardReason.AUTHENTICATION_TYPE, DiscardReason.AUTHENTICATION_KEY_ID
LENGTH, SEQUENCE = DiscardReason.AUTHENTICATION_LENGTH, DiscardReason.AUTHENTICATION_SEQUENCE
PROOF, MISSING = DiscardReason.AUTHENTICATION_PROOF, DiscardReason.AUTHENTICATION_SECTION_MISSING

CLAUSES = {
    PASSWORD: "6.7.2",
    AuthType.KEYED_MD5: "6.7.3",
    AuthType.METICULOUS_KEYED_MD5: "6.7.3",
    AuthType.KEYED_SHA1: "6.7.4",
    AuthType.METICULOUS_KEYED_SHA1: "6.7.4",
}
HELLO = plain(State.DOWN)

every_type = pytest.mark.parametrize("kind", AuthType, ids=lambda kind: kind.name.lower())
every_digest = pytest.mark.parametrize("kind", DIGESTS, ids=lambda kind: kind.name.lower())
meticulous = pytest.mark.parametrize("kind", METICULOUS, ids=lambda kind: kind.name.lower())
keyed = pytest.mark.parametrize("kind", KEYED, ids=lambda kind: kind.name.lower())


def with_byte(payload: bytes, offset: int, value: int) -> bytes:
    return payload[:offset] + bytes([value]) + payload[offset + 1 :]


def state_of(session: Session) -> tuple[object, ...]:
    return asdict(session.variables), session.counters.received, session.next_deadline()


def drop(rig: AuthRig, payload: bytes) -> list[object]:
    """Why the packet is dropped, with the clause; nothing else may come of it."""
    before = state_of(rig.session)
    outputs = rig.hear(payload)
    assert state_of(rig.session) == before, "a discarded packet changes nothing"
    return [*outputs]


@every_type
def test_a_packet_signed_as_the_rfc_says_is_received(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))

    assert reasons(rig.hear(signed(HELLO, kind, 5))) == []
    assert rig.session.state is State.INIT
    assert rig.session.counters.received == 1


@every_type
def test_the_ttl_is_not_looked_at(kind: AuthType) -> None:
    assert reasons(AuthRig(auth(kind)).hear(signed(HELLO, kind, 5), ttl=254)) == []


@every_type
def test_an_unauthenticated_packet_is_dropped(kind: AuthType) -> None:
    assert drop(AuthRig(auth(kind)), HELLO) == [Discarded(DiscardReason.AUTHENTICATION_MISSING, "6.8.6")]


@every_type
def test_an_authenticated_packet_to_a_session_without_is_dropped(kind: AuthType) -> None:
    expected = [Discarded(DiscardReason.AUTHENTICATION_UNEXPECTED, "6.8.6")]

    assert drop(AuthRig(None), signed(HELLO, kind, 5)) == expected


@every_type
def test_the_a_bit_without_a_section_is_dropped(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    packet = decode(signed(HELLO, kind))
    assert isinstance(packet, ControlPacket) and packet.auth is not None
    bare = {name: getattr(packet, name) for name in packet.__slots__ if name != "auth"}

    assert rig.session.receive(ControlPacket(**bare), meta(), 0) == [Discarded(MISSING, CLAUSES[kind])]


@pytest.mark.parametrize("received", AuthType, ids=lambda kind: kind.name.lower())
@every_type
def test_only_the_type_in_use_is_accepted(kind: AuthType, received: AuthType) -> None:
    rig, payload = AuthRig(auth(kind)), signed(HELLO, received, 5)

    if received is kind:
        assert reasons(rig.hear(payload)) == []
    else:
        assert drop(rig, payload) == [Discarded(TYPE, CLAUSES[kind])]


@every_type
def test_every_configured_key_is_accepted_and_no_other(kind: AuthType) -> None:
    for key_id, key in KEYS.items():
        assert reasons(AuthRig(auth(kind)).hear(signed(HELLO, kind, 5, key_id=key_id, key=key))) == []
    for key_id in (0, 2, 255):
        assert drop(AuthRig(auth(kind)), signed(HELLO, kind, 5, key_id=key_id)) == [Discarded(KEY_ID, CLAUSES[kind])]


@every_type
def test_a_key_goes_with_its_own_id_only(kind: AuthType) -> None:
    keys = {1: b"aaaaaaaa", 2: b"bbbbbbbb"}

    dropped = drop(AuthRig(auth(kind, keys)), signed(HELLO, kind, 5, key_id=1, key=keys[2]))

    assert dropped == [Discarded(PROOF, CLAUSES[kind])]


@every_type
def test_auth_len_must_be_that_of_the_key(kind: AuthType) -> None:
    payload = signed(HELLO, kind, 5)
    for length in {0, 2, 3, payload[25] - 1, payload[25] + 1, 255}:
        assert drop(AuthRig(auth(kind)), with_byte(payload, 25, length)) == [Discarded(LENGTH, CLAUSES[kind])]


@every_type
def test_a_section_that_ends_before_auth_len_is_dropped(kind: AuthType) -> None:
    payload = signed(HELLO, kind, 5)
    for kept in range(27, len(payload)):
        cut = with_byte(payload[:kept], 3, kept)
        assert drop(AuthRig(auth(kind)), cut) == [Discarded(LENGTH, CLAUSES[kind])]
    assert drop(AuthRig(auth(kind)), with_byte(payload[:26], 3, 26)) == [Discarded(KEY_ID, CLAUSES[kind])]


@every_type
def test_a_wrong_key_is_dropped(kind: AuthType) -> None:
    for key in (b"secret13", b"Secret12"):
        assert drop(AuthRig(auth(kind)), signed(HELLO, kind, 5, key=key)) == [Discarded(PROOF, CLAUSES[kind])]


@every_digest
def test_each_bit_of_a_packet_is_under_the_digest(kind: AuthType) -> None:
    payload = signed(HELLO, kind, 5)
    rig = AuthRig(auth(kind))
    for bit in range(8 * len(payload)):
        flipped = with_byte(payload, bit // 8, payload[bit // 8] ^ 1 << bit % 8)
        (discarded,) = drop(rig, flipped)
        assert isinstance(discarded, Discarded), f"bit {bit}"
    assert reasons(rig.hear(payload)) == []


@every_digest
def test_bytes_that_length_covers_beyond_the_section_are_under_the_digest(kind: AuthType) -> None:
    payload = signed(HELLO, kind, 5)
    longer = with_byte(payload + b"x", 3, len(payload) + 1)

    assert drop(AuthRig(auth(kind)), longer) == [Discarded(PROOF, CLAUSES[kind])]


@every_type
def test_bytes_beyond_length_do_not_matter(kind: AuthType) -> None:
    assert reasons(AuthRig(auth(kind)).hear(signed(HELLO, kind, 5) + b"padding")) == []


def test_the_reserved_byte_is_ignored() -> None:
    for kind in DIGESTS:
        assert reasons(AuthRig(auth(kind)).hear(signed(HELLO, kind, 5, reserved=77))) == []


def test_a_password_of_another_length_has_another_auth_len() -> None:
    assert drop(AuthRig(auth(PASSWORD)), signed(HELLO, PASSWORD, key=b"secret1")) == [Discarded(LENGTH, "6.7.2")]


# ---------------------------------------------------------------------- sequence numbers


@every_digest
def test_the_first_authentic_packet_says_where_sequence_numbers_begin(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    assert rig.session.variables.auth_seq_known is False

    rig.hear(signed(HELLO, kind, 0xABCDEF01))

    v = rig.session.variables
    assert (v.auth_type, v.auth_seq_known, v.rcv_auth_seq) == (kind, True, 0xABCDEF01)


@pytest.mark.parametrize("mult", [1, 3, 255])
@pytest.mark.parametrize("last", [0, 1000, 2**32 - 2, 2**32 - 1])
@every_digest
def test_the_window_is_three_times_the_received_detect_mult(kind: AuthType, last: int, mult: int) -> None:
    least = 1 if kind in METICULOUS else 0
    for advance in (-(2**31), -mult, -1, 0, 1, 3 * mult, 3 * mult + 1, 2**31):
        rig = AuthRig(auth(kind))
        rig.hear(signed(HELLO, kind, last))
        payload = signed(plain(State.DOWN, detect_mult=mult), kind, (last + advance) % 2**32)

        if least <= advance <= 3 * mult:
            assert reasons(rig.hear(payload)) == []
            assert rig.session.variables.rcv_auth_seq == (last + advance) % 2**32
        else:
            assert drop(rig, payload) == [Discarded(SEQUENCE, CLAUSES[kind])]


@meticulous
def test_a_replay_is_dropped_where_authentication_is_meticulous(kind: AuthType) -> None:
    rig, payload = AuthRig(auth(kind)), signed(HELLO, kind, 9)
    rig.hear(payload)

    assert drop(rig, payload) == [Discarded(SEQUENCE, CLAUSES[kind])]


@keyed
def test_an_older_packet_is_no_replay_after_the_sequence_number_moved_on(kind: AuthType) -> None:
    rig, old = AuthRig(auth(kind)), signed(HELLO, kind, 9)
    rig.hear(old)
    assert reasons(rig.hear(old)) == []
    rig.hear(signed(HELLO, kind, 10))

    assert drop(rig, old) == [Discarded(SEQUENCE, CLAUSES[kind])]


@every_digest
def test_a_forger_cannot_choose_the_sequence_number(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))

    assert drop(rig, signed(HELLO, kind, 4_000_000_000, key=b"forger's")) == [Discarded(PROOF, CLAUSES[kind])]
    assert reasons(rig.hear(signed(HELLO, kind, 5))) == []
    assert drop(rig, signed(HELLO, kind, 6, key=b"forger's")) == [Discarded(PROOF, CLAUSES[kind])]


@every_digest
def test_the_sequence_number_is_forgotten_after_twice_the_detection_time(kind: AuthType) -> None:
    rig, elsewhere = AuthRig(auth(kind)), signed(HELLO, kind, 3_000_000_000)
    rig.hear(signed(HELLO, kind, 5))
    detection_time = rig.session.detection_time

    rig.advance(2 * detection_time - 1)
    assert drop(rig, elsewhere) == [Discarded(SEQUENCE, CLAUSES[kind])]
    rig.advance(2 * detection_time)
    assert rig.session.variables.auth_seq_known is False
    assert reasons(rig.hear(elsewhere)) == []
    assert rig.session.variables.rcv_auth_seq == 3_000_000_000


@every_digest
def test_forged_packets_do_not_keep_a_sequence_number_alive(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    rig.hear(signed(HELLO, kind, 5))
    detection_time = rig.session.detection_time

    rig.advance(detection_time)
    rig.hear(signed(HELLO, kind, 6, key=b"forger's"))
    rig.advance(2 * detection_time)

    assert rig.session.variables.auth_seq_known is False


@given(last=st.integers(0, 2**32 - 1), following=st.integers(0, 2**32 - 1), mult=st.integers(1, 255))
def test_windows_are_circular_wherever_they_are(last: int, following: int, mult: int) -> None:
    for kind, least in ((AuthType.KEYED_SHA1, 0), (AuthType.METICULOUS_KEYED_SHA1, 1)):
        rig = AuthRig(auth(kind))
        rig.hear(signed(HELLO, kind, last))
        dropped = reasons(rig.hear(signed(plain(State.DOWN, detect_mult=mult), kind, following)))
        allowed = {(last + advance) % 2**32 for advance in range(least, 3 * mult + 1)}
        assert dropped == ([] if following in allowed else [SEQUENCE])


@given(payload=st.binary(min_size=26, max_size=60), kind=st.sampled_from(list(AuthType)))
def test_no_bytes_make_a_session_stumble_and_none_by_chance_pass(payload: bytes, kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    heard = HELLO[:1] + bytes([HELLO[1] | 0x04, HELLO[2], len(payload) + 24]) + HELLO[4:] + bytes([kind]) + payload[1:]

    assert len(reasons(rig.hear(heard))) == 1
