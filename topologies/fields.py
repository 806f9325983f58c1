"""What the files that people write have in common: durations with units, and authentication.

Each field says what is allowed in its description, which `topologies.problems.one_line` quotes.
"""

import re
from ipaddress import ip_network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, model_validator

from topologies.keys import AUTH_TYPES, KEYS_ALLOWED, LONGEST_KEY, read_keys
from topologies.node import AuthSpec, Key
from topologies.problems import clash

LONGEST_US = (1 << 32) - 1
"""The longest interval of a Control packet (RFC 5880 section 4.1), microseconds."""

DURATION_ALLOWED = 'an integer with a unit us, ms or s, such as "300ms"'

_UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000}


class Strict(BaseModel):
    """A mapping in which no other keys are allowed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _duration(text: object) -> int:
    match = re.fullmatch(r"([0-9]+)(us|ms|s)", text, re.ASCII) if isinstance(text, str) else None
    if match is None or int(match[1]) * _UNITS_US[match[2]] > LONGEST_US:
        raise ValueError("not a duration")
    return int(match[1]) * _UNITS_US[match[2]]


def _nonzero(value: int) -> int:
    if value == 0:
        raise ValueError("zero")
    return value


Duration = Annotated[int, BeforeValidator(_duration)]
"""Microseconds after validation, 0 to LONGEST_US."""
PositiveDuration = Annotated[Duration, AfterValidator(_nonzero)]


def _prefix(text: object) -> str:
    if not isinstance(text, str) or "/" not in text:
        raise ValueError("not a prefix")
    return str(ip_network(text))  # raises ValueError where bits behind the length are set


Prefix = Annotated[str, BeforeValidator(_prefix)]
"""In the usual spelling after validation."""
PREFIX_ALLOWED = 'prefixes, such as "198.51.100.0/24", with no bit set behind the length'


class Auth(Strict):
    """Authentication of a session: keys by ID, each from an environment variable or a file."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    type: Literal["simple_password", "keyed_md5", "meticulous_keyed_md5", "keyed_sha1", "meticulous_keyed_sha1"] = (
        Field(description=", ".join(AUTH_TYPES))
    )
    keys: Annotated[tuple[Key, ...], BeforeValidator(read_keys)] = Field(repr=False, description=KEYS_ALLOWED)
    send_key: StrictInt = Field(description="the ID of one of the keys")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.send_key not in [key.id for key in self.keys]:
            raise clash(f"send_key: {self.send_key}: allowed is {', '.join(str(key.id) for key in self.keys)}")
        longest = LONGEST_KEY[AUTH_TYPES[self.type]]
        for key in self.keys:
            if not 1 <= len(key.secret) <= longest:
                raise clash(f"key {key.id}: {len(key.secret)} bytes; allowed are 1 to {longest} with {self.type}")
        return self

    def spec(self) -> AuthSpec:
        """The same, as nodes take it."""
        return AuthSpec(AUTH_TYPES[self.type], self.keys, self.send_key)
