"""Named damage: a good packet plus one of these is a negative case (RFC 5880 section 6.8.6 and others).

Damage works on the bytes of a Control packet and never repairs anything: no length is recomputed and no digest renewed.
Which damage ought to have which effect is the business of the cases.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from refimpl.core.constants import MANDATORY_LENGTH
from refimpl.wire.layers import Control, check_fits

_REMEMBERED = 4096
"""Broken copies kept: the same case breaks the same packets for every target that it meets in simulated time."""

_SETTABLE = {field.name: field for field in Control.fields_desc if field.name != "auth"}
"""Fields of the Mandatory Section, in wire order."""


@dataclass(frozen=True, slots=True, eq=False)
class Damage:
    """What to break. `apply` returns the broken copy of a payload and raises ValueError where it cannot be done."""

    name: str
    apply: Callable[[bytes], bytes]


def field(**values: int) -> Damage:
    """Set fields of `Control` by name and leave all others, Length included, as they are.

    Raises ValueError for an unknown field or a value that does not fit into it; applying raises ValueError for a
    payload that has no Mandatory Section.
    """
    if not values or not values.keys() <= _SETTABLE.keys():
        wrong = ", ".join(values.keys() - _SETTABLE.keys()) or "nothing"
        raise ValueError(f"damage field: {wrong} cannot be set; allowed are {', '.join(_SETTABLE)}")
    for name, value in values.items():
        check_fits(_SETTABLE[name], value)

    def apply(payload: bytes) -> bytes:
        if len(payload) < MANDATORY_LENGTH:
            raise ValueError(
                f"damage {label}: {len(payload)} bytes hold no fields; at least {MANDATORY_LENGTH} are needed"
            )
        return _rewritten(payload, tuple(values.items()))

    label = ", ".join(f"{name}={int(value)}" for name, value in values.items())
    return Damage(label, apply)


@lru_cache(maxsize=_REMEMBERED)
def _rewritten(payload: bytes, values: tuple[tuple[str, int], ...]) -> bytes:
    layer = Control(payload)
    for name, value in values:
        layer.setfieldval(name, value)
    return bytes(layer)


def truncate(count: int) -> Damage:
    """Drop `count` bytes, at least 1, at the end. Applying raises ValueError where there are fewer."""
    label = f"truncated by {_bytes(_at_least(1, count, 'truncate'))}"

    def apply(payload: bytes) -> bytes:
        return payload[: len(payload) - _available(count, payload, label)]

    return Damage(label, apply)


def keep(count: int) -> Damage:
    """Keep the first `count` bytes, possibly 0. Applying raises ValueError where there are fewer."""
    label = f"cut to {_bytes(_at_least(0, count, 'keep'))}"

    def apply(payload: bytes) -> bytes:
        return payload[: _available(count, payload, label)]

    return Damage(label, apply)


def pad(data: bytes) -> Damage:
    """Append `data`, at least 1 byte."""
    _at_least(1, len(data), "pad")
    return Damage(f"padded with {_bytes(len(data))} {data.hex()}", lambda payload: payload + data)


def flip(bit: int) -> Damage:
    """Invert one bit, counted from 0 as in the RFC's figures: bit 0 is the first bit of the Version field.

    Applying raises ValueError where the payload ends before that bit.
    """
    index, place = divmod(_at_least(0, bit, "flip"), 8)
    label = f"bit {bit} flipped"

    def apply(payload: bytes) -> bytes:
        _available(index + 1, payload, label)
        flipped = payload[index] ^ (0x80 >> place)
        return payload[:index] + bytes([flipped]) + payload[index + 1 :]

    return Damage(label, apply)


def chain(*damages: Damage) -> Damage:
    """Several damages, at least 1, one after the other in the order given."""
    _at_least(1, len(damages), "chain")

    def apply(payload: bytes) -> bytes:
        for damage in damages:
            payload = damage.apply(payload)
        return payload

    return Damage(", ".join(damage.name for damage in damages), apply)


def _bytes(count: int) -> str:
    return f"{count} byte{'s' if count != 1 else ''}"


def _at_least(least: int, value: int, what: str) -> int:
    if value < least:
        raise ValueError(f"damage {what}: {value} given; allowed is {least} or more")
    return value


def _available(count: int, payload: bytes, label: str) -> int:
    if count > len(payload):
        raise ValueError(f"damage {label}: the payload has only {_bytes(len(payload))}")
    return count
