"""What a lab node offers to whoever tests it: sessions, timers, administrative control, a look at its own view.

A node is one implementation running somewhere. Its adapter translates these verbs into the daemon's own language and
says, as data, which of them it lacks. Interval arguments are integer microseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol


class Capability(StrEnum):
    """A thing that a case may need of its target. The value is the name used in YAML and in reports."""

    SESSIONS = "sessions"  # sessions can be added and removed while the daemon runs
    CHANGE_TX = "change_desired_min_tx"  # Desired Min TX Interval can be changed while Up
    CHANGE_RX = "change_required_min_rx"  # Required Min RX Interval can be changed while Up
    CHANGE_MULT = "change_detect_mult"  # Detect Mult can be changed while Up
    ADMIN_DOWN = "admin_down"  # a session can be administratively disabled and enabled
    DETECT_MULT_ONE = "detect_mult_one"  # a session can have Detect Mult 1
    ZERO_MIN_RX = "zero_required_min_rx"  # Required Min RX Interval can be configured as 0
    PASSIVE = "passive_role"  # a session can take the Passive role
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    MULTI_HOP = "multi_hop"
    AUTH_SIMPLE_PASSWORD = "auth_simple_password"
    AUTH_KEYED_MD5 = "auth_keyed_md5"
    AUTH_METICULOUS_KEYED_MD5 = "auth_meticulous_keyed_md5"
    AUTH_KEYED_SHA1 = "auth_keyed_sha1"
    AUTH_METICULOUS_KEYED_SHA1 = "auth_meticulous_keyed_sha1"
    AUTH_SEVERAL_KEYS = "auth_several_keys"  # a session accepts packets signed with any of several keys
    CHANGE_KEYS = "change_keys"  # keys of a running session can be changed without ending it
    DEMAND = "demand_mode"  # a session can ask for Demand mode, and stop asking while it runs
    VERIFY = "verify_by_poll"  # a Poll Sequence can be asked for, to verify connectivity in Demand mode
    ECHO_SEND = "echo_send"  # a session can send Echo packets
    ECHO_REFLECT = "echo_reflect"  # Echo packets of the far end are looped back, and that is announced
    PATH_DOWN = "concatenated_path_down"  # the operator can report a failure of a concatenated path
    FORWARDING_RESET = "forwarding_plane_reset"  # the operator can report a reset of the forwarding plane
    CONGESTION = "congestion_report"  # the operator can report congestion, and that it is over
    CONTROL_PLANE_INDEPENDENT = "control_plane_independent"  # a session can claim, in the C bit, to be so
    LINK_LOCAL = "ipv6_link_local"  # a session can run between link-local addresses
    ADDRESS_PAIRS = "address_pairs"  # multihop sessions to one address of the far end can have different local ones
    POINT_TO_POINT = "point_to_point_link"  # a session can run on a link that has one neighbour, whatever its address
    UNIDIRECTIONAL = "unidirectional_link"  # a session can run over a unidirectional link, at either end of it
    DISCRIMINATORS = "signalled_discriminators"  # a session can be given discriminators that were signalled outside BFD
    SERVICE_LEVELS = "service_levels"  # sessions can be for one DSCP each
    PADDING = "padding"  # a session can fill its packets up to a size (RFC 9764)
    SHARING = "shared_sessions"  # several clients can ask for the same session
    SHOW = "show"  # the daemon tells its own view of a session


@dataclass(frozen=True, slots=True)
class Key:
    """`id` is 0 to 255, `secret` 1 to 16 bytes (20 with SHA1)."""

    id: int
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthSpec:
    """Authentication of a session: `type` is the Auth Type as a number, 1 to 5. All of `keys` are accepted, `send` is
    the id of the one that signs."""

    type: int
    keys: tuple[Key, ...]
    send: int


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """A session as the node under test should run it. `local` is the node's own address, `interface` its own
    interface, "" for a multihop session that is bound to none. `required_min_echo_rx_us` 0 means that Echo packets are
    not looped back, `desired_min_echo_tx_us` 0 that none are sent. `auth` None means that no authentication is in use.
    `control_plane_independent` is the claim of the C bit. `dscp` None means the usual mark, and all service levels.
    Discriminators of 0 were not signalled. `padded_pdu_size` is the size in bytes that the UDP payload is filled up to,
    0 not at all (bfd.PaddedPduSize, RFC 9764 section 3). `vrf` is the VRF that `interface` is in, "" for none."""

    name: str
    peer: str
    local: str
    interface: str
    kind: Literal["single_hop", "multi_hop", "unidirectional_sender", "unidirectional_receiver"] = "single_hop"
    desired_min_tx_us: int = 300_000
    required_min_rx_us: int = 300_000
    detect_mult: int = 3
    passive: bool = False
    auth: AuthSpec | None = None
    demand: bool = False
    required_min_echo_rx_us: int = 0
    desired_min_echo_tx_us: int = 0
    control_plane_independent: bool = False
    point_to_point: bool = False
    dscp: int | None = None
    local_discr: int = 0
    remote_discr: int = 0
    padded_pdu_size: int = 0
    vrf: str = ""


@dataclass(frozen=True, slots=True)
class BgpSpec:
    """An external BGP neighbour (RFC 4271) on a network that both are on, as the node should have it. `local` is the
    node's own address. The AS numbers differ; `local_as` and `router_id`, the BGP Identifier, are the same for all
    neighbours of the node. `hold_s` is the Hold Time that it offers, whole seconds from 3 on (RFC 4271 section 4.2).
    `announces` are prefixes, of the addresses' family, that lie behind the node."""

    name: str
    peer: str
    local: str
    local_as: int
    peer_as: int
    router_id: str
    hold_s: int
    announces: tuple[str, ...] = ()


BGP_STATES = ("idle", "connect", "active", "opensent", "openconfirm", "established")
"""Of RFC 4271 section 8.2.2."""


@dataclass(frozen=True, slots=True)
class BgpView:
    """What the daemon says about a BGP neighbour. `state` is one of BGP_STATES, or unknown. `routes` are the prefixes
    that it has from the neighbour. `raw` is the daemon's answer as it came."""

    state: str
    routes: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionView:
    """What the daemon says about a session of its own: the second witness, never the only one.

    `state` is one of admin_down, down, init, up, absent, or unknown. `diag` is the local diagnostic as a number where
    the daemon tells it. `raw` is the daemon's answer as it came.
    """

    state: str
    diag: int | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


def given(**values: Any) -> dict[str, Any]:
    """The parameters that a verb was given, by name: None leaves one as it is."""
    return {name: value for name, value in values.items() if value is not None}


class NodeError(Exception):
    """A node did not do what it was told. The message is one line: what, which node, what the daemon said."""


class LackError(NodeError):
    """The node has no means to do this at all: nothing was tried, and nothing is wrong with it. What needed it is
    unsupported here."""


class Node(Protocol):
    """An implementation that can be told what to do. Every verb blocks until the daemon has accepted it."""

    name: str
    version: str
    lacks: Mapping[Capability, str]
    """Capabilities that the implementation does not have, each with the reason. Everything else is offered."""
    configured: Sequence[SessionSpec]
    """Sessions that somebody configured by hand: they are there before a case and after it."""

    def add_session(self, spec: SessionSpec) -> None:
        """Create the session. Raises NodeError."""

    def remove_session(self, spec: SessionSpec) -> None:
        """Delete the session; no error where it does not exist. One of `configured` stays, as it was configured: what
        the verbs below changed is undone. Raises NodeError."""

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Change parameters of a running session in one step; None leaves one as it is. Raises NodeError."""

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Administratively enable or disable the session. Raises NodeError."""

    def set_keys(self, spec: SessionSpec, auth: AuthSpec) -> None:
        """Other keys for a running session, of the same type (CHANGE_KEYS). Raises NodeError."""

    def set_demand(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Ask for Demand mode on a running session, or stop asking (DEMAND). Raises NodeError."""

    def verify(self, spec: SessionSpec) -> None:
        """Have the session verify connectivity with a Poll Sequence (VERIFY). Raises NodeError."""

    def set_echo(
        self,
        spec: SessionSpec,
        *,
        required_min_echo_rx_us: int | None = None,
        desired_min_echo_tx_us: int | None = None,
    ) -> None:
        """Change what the session does with Echo packets while it runs (ECHO_REFLECT, ECHO_SEND); 0 is off, None leaves
        one as it is. Raises NodeError."""

    def set_path_down(self, spec: SessionSpec, diag: int) -> None:
        """Report a failure of the concatenated path: diag 6 or 8, 0 when it is over (PATH_DOWN). Raises NodeError."""

    def reset_forwarding(self, spec: SessionSpec) -> None:
        """Report a reset of the forwarding plane to the session (FORWARDING_RESET). Raises NodeError."""

    def set_congested(self, spec: SessionSpec, *, congested: bool) -> None:
        """Report congestion on the session's path, or that it is over (CONGESTION). Raises NodeError."""

    def deconfigure(self, spec: SessionSpec) -> None:
        """Delete the session as an operator does who has time, where `remove_session` is in a hurry: the session may
        take leave of its far end first. Raises NodeError."""

    def share_session(self, spec: SessionSpec, client: str) -> None:
        """One more client asks for the session of `spec`, which exists (SHARING). Raises NodeError."""

    def withdraw_client(self, spec: SessionSpec, client: str = "") -> None:
        """A client wants the session no longer: "" is the one for which it was added (SHARING). Raises NodeError."""

    def show(self, spec: SessionSpec) -> SessionView:
        """The daemon's own view of the session."""

    def add_bgp(self, spec: BgpSpec, bfd: SessionSpec | None) -> None:
        """Create the BGP neighbour. `bfd` is the single-hop session that advises it (RFC 5882 section 10.2), between
        the same addresses; the neighbour asks for it, so that it must not be added. Raises NodeError, and LackError
        where the implementation speaks no BGP."""

    def show_bgp(self, spec: BgpSpec) -> BgpView:
        """The daemon's own view of the BGP neighbour. Raises NodeError, LackError."""

    def check_lack(self, capability: Capability, spec: SessionSpec) -> str:
        """Try what the node is said to lack and return the evidence (the daemon's refusal) in one line.

        Raises NodeError when the daemon did it after all: the declaration is then wrong and has to be changed. Raises
        LackError where there is no way to try.
        """
