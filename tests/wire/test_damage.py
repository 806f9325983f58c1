"""Named damage: what it changes, what it leaves alone, and when it refuses."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refimpl.core.constants import State
from refimpl.core.packet import AuthSection, ControlPacket
from refimpl.wire import damage
from refimpl.wire.codec import encode

GOOD = encode(ControlPacket(state=State.UP, my_discriminator=7, your_discriminator=9))
AUTHENTICATED = encode(
    ControlPacket(authentication_present=True, length=33, auth=AuthSection(1, 9, b"\x01secret"), my_discriminator=7)
)


def changed_bytes(before: bytes, after: bytes) -> dict[int, int]:
    """Position -> new value, of every byte that differs. Both have to be of one size."""
    return {at: new for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}


@pytest.mark.parametrize(
    ("broken", "name", "changes"),
    [
        (damage.field(length=23), "length=23", {3: 23}),
        (damage.field(length=0), "length=0", {3: 0}),
        (damage.field(version=0), "version=0", {0: 0x00}),
        (damage.field(multipoint=1), "multipoint=1", {1: 0xC1}),
        (damage.field(state=State.DOWN), "state=1", {1: 0x40}),
        (damage.field(detect_mult=0, my_discriminator=0), "detect_mult=0, my_discriminator=0", {2: 0, 7: 0}),
        (damage.flip(0), "bit 0 flipped", {0: 0xA0}),
        (damage.flip(15), "bit 15 flipped", {1: 0xC1}),
        (damage.flip(191), "bit 191 flipped", {23: 0x01}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_changes_these_bytes_and_no_other(broken: damage.Damage, name: str, changes: dict[int, int]) -> None:
    assert broken.name == name
    assert changed_bytes(GOOD, broken.apply(GOOD)) == changes


@pytest.mark.parametrize(
    ("broken", "name", "result"),
    [
        (damage.truncate(1), "truncated by 1 byte", GOOD[:23]),
        (damage.truncate(3), "truncated by 3 bytes", GOOD[:21]),
        (damage.truncate(24), "truncated by 24 bytes", b""),
        (damage.keep(8), "cut to 8 bytes", GOOD[:8]),
        (damage.keep(0), "cut to 0 bytes", b""),
        (damage.pad(b"\x00\xff"), "padded with 2 bytes 00ff", GOOD + b"\x00\xff"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_changes_the_size(broken: damage.Damage, name: str, result: bytes) -> None:
    assert broken.name == name
    assert broken.apply(GOOD) == result


def test_field_repairs_nothing_and_keeps_what_follows() -> None:
    payload = AUTHENTICATED + b"beyond"
    assert changed_bytes(payload, damage.field(authentication_present=0).apply(payload)) == {1: 0x40}
    assert changed_bytes(payload, damage.field(length=24).apply(payload)) == {3: 24}


def test_chain_applies_in_order() -> None:
    both = damage.chain(damage.field(length=27), damage.pad(b"abc"))
    assert both.name == "length=27, padded with 3 bytes 616263"
    assert both.apply(GOOD) == GOOD[:3] + b"\x1b" + GOOD[4:] + b"abc"
    assert damage.chain(damage.keep(2), damage.pad(b"x")).apply(GOOD) == GOOD[:2] + b"x"
    assert damage.chain(damage.pad(b"x"), damage.keep(2)).apply(GOOD) == GOOD[:2]


@given(st.binary(min_size=1, max_size=60), st.data())
def test_flipping_twice_restores(payload: bytes, data: st.DataObject) -> None:
    broken = damage.flip(data.draw(st.integers(0, len(payload) * 8 - 1)))
    assert broken.apply(payload) != payload
    assert broken.apply(broken.apply(payload)) == payload


def test_misspelt_field_is_told_the_allowed_ones() -> None:
    with pytest.raises(
        ValueError, match=r"mulitpoint cannot be set; allowed are version, diag, state, .*my_discriminator"
    ):
        damage.field(mulitpoint=1)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (damage.field, "nothing cannot be set"),
        (lambda: damage.field(auth=0), "auth cannot be set"),
        (lambda: damage.field(version=8), "version=8: allowed is 0 to 7"),
        (lambda: damage.truncate(0), "damage truncate: 0 given; allowed is 1 or more"),
        (lambda: damage.keep(-1), "damage keep: -1 given"),
        (lambda: damage.pad(b""), "damage pad: 0 given"),
        (lambda: damage.flip(-1), "damage flip: -1 given"),
        (damage.chain, "damage chain: 0 given"),
    ],
)
def test_impossible_damage_is_refused_at_once(make: Callable[[], damage.Damage], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()


@pytest.mark.parametrize(
    ("broken", "payload", "complaint"),
    [
        (damage.truncate(25), GOOD, "truncated by 25 bytes: the payload has only 24 bytes"),
        (damage.keep(25), GOOD, "cut to 25 bytes: the payload has only 24 bytes"),
        (damage.flip(8), b"\x20", "bit 8 flipped: the payload has only 1 byte"),
        (damage.field(poll=1), GOOD[:23], "poll=1: 23 bytes hold no fields; at least 24 are needed"),
        (damage.chain(damage.keep(4), damage.truncate(5)), GOOD, "truncated by 5 bytes: the payload has only 4 bytes"),
    ],
    ids=lambda value: value.name if isinstance(value, damage.Damage) else "",
)
def test_damage_that_cannot_be_done_is_refused(broken: damage.Damage, payload: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        broken.apply(payload)
