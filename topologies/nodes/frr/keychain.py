"""Authentication of a session in FRR's words: a key chain, which bfdd knows from FRR 10.7 on. No I/O."""

from collections.abc import Mapping

from topologies.node import AuthSpec, Key, NodeError

_ALGORITHMS: Mapping[int, str] = {1: "cleartext", 2: "md5", 3: "md5", 4: "hmac-sha-1", 5: "hmac-sha-1"}
"""By Auth Type, the names that bfdd might have for them: of these, 10.7 obeys the first."""
_METICULOUS = (3, 5)

_LONGEST = 16
_UNSAYABLE = frozenset(b"!#?\"'\\")
_SENT = "send-lifetime 00:00:00 1 January 1993 infinite"
_NOT_SENT = "send-lifetime 00:00:00 1 January 1993 duration 1"
"""FRR sends with the first key that may be sent. 10.7 lets a lifetime be changed, but refuses `no send-lifetime`."""


def session_lines(name: str, auth: AuthSpec) -> list[str]:
    """The lines of a peer that is to use the key chain `name`."""
    meticulous = ["authentication algorithm meticulous"] if auth.type in _METICULOUS else []
    return [f"authentication key-chain {name}", *meticulous]


def key_chain(name: str, auth: AuthSpec, before: AuthSpec | None = None) -> str:
    """The lines that make a key chain anew, or, where a session uses it, another one of what was `before`. Raises
    NodeError for a key that a line cannot hold."""
    old = {key.id for key in before.keys} if before is not None else set()
    lines = [f"key chain {name}"] if old else [f"no key chain {name}", f"key chain {name}"]
    for key in auth.keys:
        _check(key)
        lines += [f" key {key.id}", f"  key-string {key.secret.decode()}"]
        lines += [f"  cryptographic-algorithm {_ALGORITHMS[auth.type]}"]
        lines += [f"  {_SENT if key.id == auth.send else _NOT_SENT}", " exit"]
    lines += [f" no key {gone}" for gone in sorted(old - {key.id for key in auth.keys})]
    return "\n".join([*lines, "exit", ""])


def _check(key: Key) -> None:
    if not 1 <= len(key.secret) <= _LONGEST:
        raise NodeError(f"frr: key {key.id} has {len(key.secret)} bytes: 1 to {_LONGEST} are allowed")
    sayable = all(0x20 <= byte < 0x7F and byte not in _UNSAYABLE for byte in key.secret)
    if not sayable or key.secret != key.secret.strip():
        raise NodeError(f"frr: key {key.id}: printable ASCII without outer spaces, quotation marks, !#?\\ is allowed")
