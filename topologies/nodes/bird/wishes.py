"""A session as BIRD is to run it, and what BIRD cannot run although its configuration can say it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from zlib import crc32

from topologies.node import AuthSpec, Key, NodeError, SessionSpec

_INTERVAL_MAX_US = 0xFFFF_FFFF
_DETECT_MULT_MAX = 255

_AUTH_TYPES = ("simple", "keyed md5", "meticulous keyed md5", "keyed sha1", "meticulous keyed sha1")
"""BIRD's words for the Auth Types from 1 on."""
_SHA1_TYPES = (4, 5)


@dataclass(frozen=True, slots=True)
class Wish:
    """A session and its options. `spec` has the parameters of now, not those that it was created with. `asked` says
    that the session is asked for as such; before that, or where a BGP neighbour asks, there are its options only."""

    spec: SessionSpec
    disabled: bool = False
    asked: bool = True

    @property
    def key(self) -> str:
        """What BIRD tells sessions apart by: the peer and, for a single hop, the interface."""
        return f"{ip_address(self.spec.peer)} {self.interface}"

    @property
    def version(self) -> int:
        """Of the internet protocol: 4 or 6."""
        return ip_address(self.spec.peer).version

    @property
    def interface(self) -> str:
        """As BIRD prints it: a multihop session has none."""
        return "---" if self.spec.kind == "multi_hop" else self.spec.interface

    @property
    def route(self) -> str:
        """A destination of its own for the route that asks for the session, always the same."""
        number = crc32(self.key.encode())
        if self.version == 4:
            return f"{IPv4Address('10.0.0.0') + number % 2**24}/32"
        return f"{IPv6Address('2001:db8::') + number}/128"

    @property
    def authentication(self) -> str:
        """The Auth Type in BIRD's words."""
        return "none" if self.spec.auth is None else _AUTH_TYPES[self.spec.auth.type - 1]

    @property
    def keys(self) -> tuple[Key, ...]:
        """As BIRD wants them: of keys that are valid for the same time it sends with the first, and accepts all."""
        auth = self.spec.auth
        return () if auth is None else tuple(sorted(auth.keys, key=lambda key: key.id != auth.send))


Wishes = Mapping[str, Wish]
"""By their keys."""


class ClashError(NodeError):
    """A session would need options that another one beside it does not have."""


def check(wish: Wish, others: Wishes) -> None:
    """Raise NodeError for what BIRD accepts and then does otherwise.

    Of a number that is too large it keeps the last bits, and a key may be longer than its field. Timers, the passive
    role and keys belong to an interface, or to multihop as a whole, so all sessions of one address family share them
    there; `others` are the sessions beside.
    """
    spec = wish.spec
    for name, value, least, most in (
        ("Desired Min TX Interval", spec.desired_min_tx_us, 0, _INTERVAL_MAX_US),
        ("Required Min RX Interval", spec.required_min_rx_us, 0, _INTERVAL_MAX_US),
        ("Detect Mult", spec.detect_mult, 1, _DETECT_MULT_MAX),
    ):
        if not least <= value <= most:
            raise NodeError(f"{name} of {value}: {least} to {most} are allowed")
    if spec.auth is not None:
        _check_keys(spec.auth)
    for other in others.values():
        if _block(other) == _block(wish) and _options(other) != _options(wish):
            raise ClashError(
                f"session {other.spec.name} has other timers, another role or other keys: "
                f"BIRD has one set of them for IPv{wish.version} on {wish.interface.replace('---', 'multihop')}"
            )


def _check_keys(auth: AuthSpec) -> None:
    longest = 20 if auth.type in _SHA1_TYPES else 16
    if auth.send not in {key.id for key in auth.keys}:
        raise NodeError(f"key {auth.send} to send with: one of the session's keys is allowed")
    for key in auth.keys:
        if not 1 <= len(key.secret) <= longest:
            raise NodeError(f"key {key.id} has {len(key.secret)} bytes: 1 to {longest} are allowed")
        if not key.secret.isascii() or not key.secret.decode().isprintable() or b'"' in key.secret:
            raise NodeError(f"key {key.id}: printable ASCII without quotation marks is allowed")


def _block(wish: Wish) -> tuple[int, str]:
    return wish.version, wish.interface


def _options(wish: Wish) -> tuple[object, ...]:
    spec = wish.spec
    timers = spec.desired_min_tx_us, spec.required_min_rx_us, spec.detect_mult
    return *timers, spec.passive, spec.demand, wish.disabled, spec.auth
