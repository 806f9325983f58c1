"""What every adapter of a real implementation shares: its life in a laboratory, readiness, the check of a lack."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar

from topologies.node import AuthSpec, BgpSpec, Capability, Key, LackError, Node, NodeError, SessionSpec
from topologies.nodes.manifest import Manifest, Release
from topologies.place import Place
from topologies.processes import exited

Handle = dict[str, Any]
"""All that another process needs to talk to a running node: a JSON object, the same for whoever reads it."""

_READY_S = 10.0
_BETWEEN_ATTEMPTS_S = 0.05

_Answer = TypeVar("_Answer")


class Adapter(Node, Protocol):
    """A node together with its life: one process starts it, any number attach to it, one stops it."""

    manifest: ClassVar[Manifest]

    @classmethod
    def start(cls, place: Place, release: Release) -> Handle:
        """Start the implementation, with no session, and wait until it answers. Raises NodeError."""

    @classmethod
    def attach(cls, handle: Handle) -> Self:
        """Talk to a running implementation, from any process and any namespace."""

    @classmethod
    def start_bgp(cls, handle: Handle, own: BgpSpec) -> Handle:
        """Start what BGP needs beside a running implementation, or it anew, once, before there is a session, and return
        the handle of all of it. Of `own`, a neighbour, only what says who the node is counts: its AS number and BGP
        Identifier. Raises NodeError."""

    def processes(self) -> list[int]:
        """The processes that are the implementation now, as seen from here: all that has to be paused with it."""

    def stop(self) -> None:
        """End the implementation; no error where it has ended."""


def await_answer(ask: Callable[[], _Answer], pid: int, log: Path, what: str, deadline_s: float = _READY_S) -> _Answer:
    """Ask until there is an answer, and return it. `ask` raises NodeError while there is none.

    Raises NodeError when process `pid` ends, with the last line of `log`, or after `deadline_s` seconds, with the last
    refusal.
    """
    deadline = time.monotonic() + deadline_s
    while True:
        try:
            return ask()
        except NodeError as error:
            refusal = error
        if exited(pid, _BETWEEN_ATTEMPTS_S):
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise NodeError(f"{what} ended while starting: {lines[-1] if lines else 'it said nothing'}")
        if time.monotonic() > deadline:
            raise NodeError(f"{what} does not answer {deadline_s:g} s after its start: {refusal}")


def _add_beside(node: Node, spec: SessionSpec) -> None:
    """Add a session that differs in its local address only."""
    beside = replace(spec, name=f"{spec.name}-beside", local=str(ip_address(spec.local) + 1))
    node.add_session(beside)
    node.remove_session(beside)


_KEY, _OTHER_KEY = Key(1, b"evidence"), Key(2, b"more of it")

_AUTH_TYPES: Mapping[Capability, int] = {
    Capability.AUTH_SIMPLE_PASSWORD: 1,
    Capability.AUTH_KEYED_MD5: 2,
    Capability.AUTH_METICULOUS_KEYED_MD5: 3,
    Capability.AUTH_KEYED_SHA1: 4,
    Capability.AUTH_METICULOUS_KEYED_SHA1: 5,
}


_CHANGES: Mapping[Capability, Callable[[Node, SessionSpec], None]] = {
    Capability.CHANGE_TX: lambda node, spec: node.set_timers(spec, desired_min_tx_us=2 * spec.desired_min_tx_us),
    Capability.CHANGE_RX: lambda node, spec: node.set_timers(spec, required_min_rx_us=2 * spec.required_min_rx_us),
    Capability.CHANGE_MULT: lambda node, spec: node.set_timers(spec, detect_mult=spec.detect_mult + 1),
    Capability.ZERO_MIN_RX: lambda node, spec: node.set_timers(spec, required_min_rx_us=0),
    Capability.ADMIN_DOWN: lambda node, spec: node.set_admin(spec, enabled=False),
    Capability.DEMAND: lambda node, spec: node.set_demand(spec, enabled=True),
    Capability.VERIFY: lambda node, spec: node.verify(spec),
    Capability.PATH_DOWN: lambda node, spec: node.set_path_down(spec, 6),
    Capability.FORWARDING_RESET: lambda node, spec: node.reset_forwarding(spec),
    Capability.CONGESTION: lambda node, spec: node.set_congested(spec, congested=True),
    Capability.SHARING: lambda node, spec: node.share_session(spec, "another"),
    Capability.ADDRESS_PAIRS: _add_beside,
}
"""Capabilities that are tried on a running session."""


_LINK_LOCAL: Mapping[str, Any] = {"peer": "fe80::bfd:1", "local": "fe80::bfd:2"}
"""IPv6 addresses that all links of a laboratory have."""

_NEEDS: Mapping[Capability, Mapping[str, Any]] = {
    Capability.PASSIVE: {"passive": True},
    Capability.IPV6: _LINK_LOCAL,
    Capability.LINK_LOCAL: _LINK_LOCAL,
    Capability.MULTI_HOP: {"kind": "multi_hop", "interface": ""},
    Capability.ADDRESS_PAIRS: {"kind": "multi_hop", "interface": ""},
    Capability.POINT_TO_POINT: {"point_to_point": True},
    Capability.LINK_LOCAL: {"peer": "fe80::bfd:1", "local": "fe80::bfd:2"},
    Capability.UNIDIRECTIONAL: {"kind": "unidirectional_receiver"},
    Capability.DISCRIMINATORS: {"local_discr": 1, "remote_discr": 2},
    Capability.SERVICE_LEVELS: {"dscp": 10},
    Capability.PADDING: {"padded_pdu_size": 128},
    Capability.DETECT_MULT_ONE: {"detect_mult": 1},
    Capability.CONTROL_PLANE_INDEPENDENT: {"control_plane_independent": True},
    Capability.ECHO_SEND: {"desired_min_echo_tx_us": 100_000},
    Capability.ECHO_REFLECT: {"required_min_echo_rx_us": 100_000},
    **{capability: {"auth": AuthSpec(kind, (_KEY,), 1)} for capability, kind in _AUTH_TYPES.items()},
}
"""Capabilities that a session needs from the start, with what makes a session need them."""


def evidence_of_lack(node: Node, capability: Capability, spec: SessionSpec) -> str:
    """Try what `node` is said to lack and return its refusal: `Node.check_lack` for nodes that can be told.

    A capability of a running session is tried on the session of `spec`, which is added for that, and removed again,
    when it does not exist. Anything else is tried by adding a session that needs it. Raises NodeError when the node
    obeyed, or when a session is in the way; LackError where the node has no means to try.
    """
    if capability is Capability.ADDRESS_PAIRS and Capability.MULTI_HOP in node.lacks:
        capability = Capability.MULTI_HOP  # there are no such sessions at all
    if capability in (Capability.AUTH_SEVERAL_KEYS, Capability.CHANGE_KEYS):
        return _evidence_about_keys(node, capability, spec)
    change = _CHANGES.get(capability)
    session = replace(spec, **_NEEDS.get(capability, {}))
    existed = node.show(session).state != "absent"
    if existed and change is None:
        raise NodeError(f"{node.name}: lack of {capability} cannot be tried while session {spec.name} exists")
    try:
        if change is None:
            return _refusal(node, capability, lambda: node.add_session(session))
        if not existed and capability not in _NEEDS:
            node.add_session(session)
        return _refusal(node, capability, lambda: _attempt(node, capability, session, existed=existed))
    finally:
        if not existed:
            node.remove_session(session)


def _attempt(node: Node, capability: Capability, session: SessionSpec, *, existed: bool) -> None:
    """A change of a session. One that is special from the start is a part of what is tried."""
    if not existed and capability in _NEEDS:
        node.add_session(session)
    _CHANGES[capability](node, session)


def _evidence_about_keys(node: Node, capability: Capability, spec: SessionSpec) -> str:
    """Tried with an Auth Type that the node has; where it has none, its refusal of that says enough."""
    if node.show(spec).state != "absent":
        raise NodeError(f"{node.name}: lack of {capability} cannot be tried while session {spec.name} exists")
    kind = next((kind for has, kind in _AUTH_TYPES.items() if has not in node.lacks), min(_AUTH_TYPES.values()))
    one, both = AuthSpec(kind, (_KEY,), 1), AuthSpec(kind, (_KEY, _OTHER_KEY), 1)
    try:
        if capability is Capability.AUTH_SEVERAL_KEYS:
            return _refusal(node, capability, lambda: node.add_session(replace(spec, auth=both)))
        session = replace(spec, auth=one)

        def add_and_change() -> None:
            node.add_session(session)
            node.set_keys(session, AuthSpec(kind, (_OTHER_KEY,), 2))

        return _refusal(node, capability, add_and_change)
    finally:
        node.remove_session(spec)


def _refusal(node: Node, capability: Capability, attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except LackError:  # nothing was tried
        raise
    except NodeError as error:
        return str(error)
    raise NodeError(f"{node.name}: {capability} is declared as lacking, but the daemon did it")
