"""Matchers: what a packet should look like, as data that can also say itself in words.

`control(state=State.UP, final=True)` matches a packet whose fields have these values; a value may also be a `OneOf`
or a `Between`. 0 and False are values; only a field that is not named is left open.
"""

from dataclasses import dataclass, fields
from typing import Any

from conformance.bench.packets import Seen, diag_name, milliseconds, state_name
from refimpl.core.packet import ControlPacket, Malformed

FIELD_NAMES = frozenset(field.name for field in fields(ControlPacket))


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of these values."""

    values: tuple[int, ...]

    def __contains__(self, value: object) -> bool:
        return value in self.values


@dataclass(frozen=True, slots=True)
class Between:
    """Any value from `least` to `greatest`, both included; None leaves a side open."""

    least: int | None = None
    greatest: int | None = None

    def __contains__(self, value: Any) -> bool:
        return (self.least is None or value >= self.least) and (self.greatest is None or value <= self.greatest)


@dataclass(frozen=True, slots=True)
class Not:
    """Any value but this one."""

    value: int

    def __contains__(self, value: object) -> bool:
        return value != self.value


@dataclass(frozen=True, slots=True)
class Match:
    """A packet whose fields have the given values."""

    wanted: tuple[tuple[str, Any], ...]

    def __call__(self, seen: Seen) -> bool:
        if isinstance(seen.control, Malformed):
            return False
        return all(_fits(getattr(seen.control, name), value) for name, value in self.wanted)

    def __str__(self) -> str:
        if not self.wanted:
            return "a Control packet"
        return "a packet with " + ", ".join(_field_in_words(name, value) for name, value in self.wanted)

    def difference(self, seen: Seen) -> str:
        """What is different about a packet that does not match, in words; "" when it matches."""
        if isinstance(seen.control, Malformed):
            return f"only {len(seen.control.payload)} bytes"
        return ", ".join(
            _field_in_words(name, getattr(seen.control, name))
            for name, value in self.wanted
            if not _fits(getattr(seen.control, name), value)
        )


def control(**wanted: Any) -> Match:
    """A matcher on fields of ControlPacket. Raises ValueError for a name that is no field."""
    for name in wanted:
        if name not in FIELD_NAMES:
            raise ValueError(f"{name!r} is no field of a Control packet; there are {', '.join(sorted(FIELD_NAMES))}")
    return Match(tuple(wanted.items()))


def _fits(value: object, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, OneOf | Between | Not) else value == wanted


def _field_in_words(name: str, value: Any) -> str:
    match value:
        case OneOf(values):
            return " or ".join(_field_in_words(name, each) for each in values)
        case Between(least, None):
            return f"{_label(name)} of at least {_value_in_words(name, least)}"
        case Between(None, greatest):
            return f"{_label(name)} of at most {_value_in_words(name, greatest)}"
        case Between(least, greatest):
            return f"{_label(name)} from {_value_in_words(name, least)} to {_value_in_words(name, greatest)}"
        case Not(other):
            return f"{_label(name)} other than {_value_in_words(name, other)}"
        case bool():
            return f"{_label(name)} {'set' if value else 'clear'}"
        case _:
            return f"{_label(name)} {_value_in_words(name, value)}"


def _label(name: str) -> str:
    return name.removesuffix("_us").replace("_", " ")


def _value_in_words(name: str, value: Any) -> str:
    if name == "state":
        return state_name(value)
    if name == "diag":
        return diag_name(value)
    if name.endswith("_us"):
        return milliseconds(value)
    return f"{value:#010x}" if name.endswith("discriminator") else str(value)
