"""Authenticated packets that a session sends, and sequence numbers (RFC 5880 sections 6.7.2 to 6.7.4)."""

from itertools import pairwise

import pytest
from auth_rig import DIGESTS, KEYED, KEYS, METICULOUS, PASSWORD, AuthRig, auth, plain, reasons, sequence, signed
from session_rig import meta

from refimpl.core.constants import AuthType, State
from refimpl.core.outputs import DiscardReason
from refimpl.wire.codec import encode

every_type = pytest.mark.parametrize("kind", AuthType, ids=lambda kind: kind.name.lower())
every_digest = pytest.mark.parametrize("kind", DIGESTS, ids=lambda kind: kind.name.lower())
meticulous = pytest.mark.parametrize("kind", METICULOUS, ids=lambda kind: kind.name.lower())
keyed = pytest.mark.parametrize("kind", KEYED, ids=lambda kind: kind.name.lower())


class FarEnd:
    """Signs packets with a sequence number that moves on each time."""

    def __init__(self, kind: AuthType) -> None:
        self._kind = kind
        self._last = 100
        self.key_id, self.key = 1, KEYS[1]

    def says(self, state: State, **changes: object) -> bytes:
        self._last += 1
        return signed(plain(state, **changes), self._kind, self._last, key_id=self.key_id, key=self.key)


def settle(rig: AuthRig, kind: AuthType) -> FarEnd:
    """Up and nothing pending; the last packet of the far end had Final clear."""
    far = FarEnd(kind)
    rig.advance(100_000)
    rig.hear(far.says(State.DOWN, your_discriminator=0))
    rig.hear(far.says(State.INIT))
    while rig.session.poll.active and not rig.session.poll.asked:
        rig.advance(rig.now + 50_000)
        rig.hear(far.says(State.UP))
    rig.hear(far.says(State.UP, final=True))
    rig.hear(far.says(State.UP))
    assert rig.session.state is State.UP
    assert rig.session.poll.idle
    return far


@every_type
def test_packets_are_signed_as_the_rfc_says(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    rig.advance(10_000_000)

    assert len(rig.sent) > 5
    for packet in rig.sent:
        payload = encode(packet)
        mandatory = payload[:1] + bytes([payload[1] & ~0x04, payload[2], 24]) + payload[4:24]
        assert payload == signed(mandatory, kind, sequence(packet) if kind is not PASSWORD else 0)


@pytest.mark.parametrize(("key_bytes", "auth_len"), [(1, 4), (8, 11), (16, 19)])
def test_auth_len_with_passwords(key_bytes: int, auth_len: int) -> None:
    rig = AuthRig(auth(PASSWORD, {0: b"p" * key_bytes}, 0))
    rig.advance(0)

    payload = encode(rig.sent[0])
    assert (payload[3], payload[24:27]) == (24 + auth_len, bytes([1, auth_len, 0]))
    assert len(payload) == 24 + auth_len


@pytest.mark.parametrize(("kind", "longest", "auth_len"), [(2, 16, 24), (3, 16, 24), (4, 20, 28), (5, 20, 28)])
def test_auth_len_with_digests_whatever_the_key(kind: int, longest: int, auth_len: int) -> None:
    for key in (b"k", b"k" * longest):
        rig = AuthRig(auth(AuthType(kind), {255: key}, 255))
        rig.advance(0)

        payload = encode(rig.sent[0])
        assert (payload[3], payload[24:28]) == (24 + auth_len, bytes([kind, auth_len, 255, 0]))
        assert len(payload) == 24 + auth_len


@every_type
def test_two_sessions_with_the_same_keys_come_up(kind: AuthType) -> None:
    """What one sends the other receives, with different keys selected in the two directions."""
    rigs = AuthRig(auth(kind, send_key_id=1)), AuthRig(auth(kind, send_key_id=7), discr=0xB)
    one, other = (rig.session for rig in rigs)
    for now in range(0, 20_000_000, 10_000):
        for here, there in (rigs, rigs[::-1]):
            here.advance(now)
            while here.sent:
                assert reasons(there.hear(encode(here.sent.pop(0)))) == []

    assert (one.state, other.state) == (State.UP, State.UP)
    assert min(one.counters.received, other.counters.received) > 20
    assert one.counters.discarded == other.counters.discarded == 0


# ---------------------------------------------------------------------- sequence numbers


@every_digest
def test_the_first_sequence_number_is_random(kind: AuthType) -> None:
    first = set()
    for seed in range(5):
        rig = AuthRig(auth(kind), seed=seed)
        rig.advance(0)
        first.add(sequence(rig.sent[0]))

    assert len(first) == 5
    assert max(first) > 2**28, "all 32 bits are drawn"


@meticulous
def test_a_meticulous_session_numbers_every_packet(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    rig.session.variables.xmit_auth_seq = 2**32 - 3
    far = settle(rig, kind)
    rig.hear(far.says(State.UP, poll=True))
    rig.advance(rig.now + 2_000_000)

    numbers = [sequence(packet) for packet in rig.sent]
    assert len(numbers) > 6
    assert any(packet.final for packet in rig.sent)
    assert numbers == [(2**32 - 3 + i) % 2**32 for i in range(len(numbers))]


@keyed
def test_a_keyed_session_numbers_contents(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    rig.session.variables.xmit_auth_seq = 2**32 - 2
    far = settle(rig, kind)
    for _ in range(8):
        rig.advance(rig.now + 100_000)
        rig.hear(far.says(State.UP))
    rig.hear(far.says(State.UP, poll=True))

    payloads = [encode(packet) for packet in rig.sent]
    for before, after in pairwise(payloads):
        moved = (int.from_bytes(after[28:32]) - int.from_bytes(before[28:32])) % 2**32
        assert moved == (before[:24] != after[:24])
    assert len(set(payloads)) < len(payloads), "packets with the same contents are the same"
    assert {sequence(packet) for packet in rig.sent} >= {2**32 - 2, 2**32 - 1, 0}


# ---------------------------------------------------------------------- changing keys


@every_type
def test_keys_roll_over_without_a_down(kind: AuthType) -> None:
    rig = AuthRig(auth(kind, {1: KEYS[1]}))
    far = settle(rig, kind)
    new = b"a newer secret"

    rig.session.change_keys(auth(kind, {1: KEYS[1], 2: new}))
    assert reasons(rig.hear(far.says(State.UP))) == []
    rig.session.change_keys(auth(kind, {1: KEYS[1], 2: new}, send_key_id=2))
    rig.sent.clear()
    rig.advance(rig.now + 300_000)
    assert {encode(packet)[26] for packet in rig.sent} == {2}
    assert reasons(rig.hear(far.says(State.UP))) == []
    rig.session.change_keys(auth(kind, {2: new}, send_key_id=2))

    assert reasons(rig.hear(far.says(State.UP))) == [DiscardReason.AUTHENTICATION_KEY_ID], "the old key is gone"
    far.key_id, far.key = 2, new
    assert reasons(rig.hear(far.says(State.UP))) == []
    assert rig.session.state is State.UP


def test_the_type_of_a_session_does_not_change() -> None:
    rig = AuthRig(auth(AuthType.KEYED_SHA1))
    with pytest.raises(ValueError, match="auth type keyed_md5: allowed is keyed_sha1"):
        rig.session.change_keys(auth(AuthType.KEYED_MD5))
    with pytest.raises(ValueError, match="no authentication is in use"):
        AuthRig(None).session.change_keys(auth(AuthType.KEYED_MD5))


# ---------------------------------------------------------------------- the steady state


@meticulous
def test_a_meticulous_session_is_never_steady(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    far = settle(rig, kind)
    for _ in range(5):
        rig.advance(rig.now + 300_000)
        rig.hear(far.says(State.UP))
        assert rig.session.steady() is None


@pytest.mark.parametrize("kind", [PASSWORD, *KEYED], ids=lambda kind: kind.name.lower())
def test_the_steady_packet_is_the_next_one(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    far = settle(rig, kind)
    rig.advance(rig.now + 300_000)
    said = far.says(State.UP)
    rig.hear(said)

    steady = rig.session.steady()
    assert steady is not None
    assert encode(steady.accept) == said
    assert steady.accept_meta == meta(payload_length=len(said)), "the way it came, whatever its bytes"
    rig.sent.clear()
    rig.advance(rig.now + 600_000)
    assert set(rig.sent) == {steady.transmit}


@keyed
def test_a_keyed_session_is_steady_only_once_its_contents_were_numbered(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    far = settle(rig, kind)
    rig.advance(rig.now + 300_000)
    rig.hear(far.says(State.UP))
    assert rig.session.steady() is not None

    rig.hear(far.says(State.UP, poll=True))  # the Final is the last packet sent
    rig.hear(far.says(State.UP))

    assert rig.session.steady() is None
    rig.advance(rig.now + 300_000)
    assert rig.session.steady() is not None


@keyed
def test_after_a_change_of_keys_the_far_end_has_to_show_its_key(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    far = settle(rig, kind)
    rig.advance(rig.now + 300_000)
    rig.hear(far.says(State.UP))

    rig.session.change_keys(auth(kind, {7: KEYS[7]}, send_key_id=7))
    rig.advance(rig.now + 300_000)

    assert rig.session.steady() is None
