"""The file that describes a topology: networks, nodes, the sessions between them, and what is wrong with the network.

Lives here: what may be written, and the errors about it, one line each: file, key path, value, what is allowed. Must
not live here: names and addresses, which a run has of its own (`topologies.blueprint`). Durations are microseconds
after validation.
"""

from collections import Counter
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, Field, StrictBool, StrictInt, ValidationError, model_validator

from topologies.errors import LabError
from topologies.fields import (
    DURATION_ALLOWED,
    LONGEST_US,
    PREFIX_ALLOWED,
    Auth,
    Duration,
    PositiveDuration,
    Prefix,
    Strict,
)
from topologies.nodes import RELEASES, bfd_speakers
from topologies.problems import clash, one_line
from topologies.steps import Direction, NetworkName, NodeName, Step

STACKS = Path(__file__).parent / "stacks"
_SUFFIX = ".yaml"

WITNESS = "tshark"
BARE = ("host", "router", WITNESS)
"""Nodes without an implementation: a namespace, one whose kernel forwards, and one that records all that it sees."""

SWITCH = "switch"
"""No node can be called this: it is where the networks are."""

_NAME_ALLOWED = "a letter a-z, then up to {} of a-z and 0-9"
DEFAULT_FILTER = "udp port 3784 or udp port 4784"
"""Control packets of single hop (RFC 5881 section 4) and multihop sessions (RFC 5883 section 5)."""

_FAMILIES: Mapping[int, str] = {4: "ipv4", 6: "ipv6"}


SHORTEST_HOLD_US = 3_000_000
"""Of a Hold Time that is not zero (RFC 4271 section 4.2)."""


def _hold_time(value_us: int) -> int:
    if value_us < SHORTEST_HOLD_US or value_us % 1_000_000:
        raise ValueError("not a hold time")
    return value_us


class TopologyError(LabError):
    """A topology cannot be used. One line: file, key path, value, what is allowed."""


class Network(Strict):
    """A switch. Every node on it has an address of each family that has a prefix length, and one link to it, or with
    `bond` two, of which one is in use at a time (bonding, active-backup). With `vrf` each node has it in a VRF (virtual
    routing and forwarding) of its own, so that the network can have the same addresses as another one, `like`."""

    ipv4: Annotated[StrictInt, Field(ge=24, le=30)] | None = Field(
        default=24, description="a prefix length from 24 to 30, or null for a network without IPv4"
    )
    ipv6: Annotated[StrictInt, Field(ge=64, le=126)] | None = Field(
        default=64, description="a prefix length from 64 to 126, or null for a network without IPv6"
    )
    bond: StrictBool = Field(default=False, description="true or false")
    vrf: StrictBool = Field(default=False, description="true or false")
    like: NetworkName | None = Field(
        default=None, description="the name of an earlier network whose addresses this one has, too; both with vrf"
    )


class TopologyNode(Strict):
    """An implementation, or a bare namespace, on its networks or in the namespace of another node."""

    runs: str = Field(description=f"{', '.join(BARE)}, or an implementation: {', '.join(sorted(RELEASES))}")
    networks: tuple[NetworkName, ...] = Field(default=(), description="a list of names of networks")
    shares: NodeName | None = Field(
        default=None, description="the name of another node, whose network namespace this one lives in"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.runs not in RELEASES and self.runs not in BARE:
            raise clash(f"runs: {self.runs!r}: allowed is {', '.join((*BARE, *sorted(RELEASES)))}")
        if bool(self.networks) == (self.shares is not None):
            raise clash("networks and shares: allowed is exactly one of them")
        if len(set(self.networks)) < len(self.networks):
            raise clash(f"networks: {', '.join(self.networks)}: allowed is each name once")
        return self


class Terms(Strict):
    """What one side of a session wants. None is what the session says for both sides, or else the usual."""

    desired_min_tx: PositiveDuration | None = Field(
        default=None, description=f"{DURATION_ALLOWED}, from 1us to {LONGEST_US}us"
    )
    required_min_rx: Duration | None = Field(
        default=None, description=f"{DURATION_ALLOWED}, from 0us to {LONGEST_US}us"
    )
    detect_mult: Annotated[StrictInt, Field(ge=1, le=255)] | None = Field(
        default=None, description="an integer from 1 to 255"
    )
    passive: StrictBool | None = Field(default=None, description="true or false")
    demand: StrictBool | None = Field(default=None, description="true or false")
    auth: Auth | None = Field(default=None, repr=False, description="a mapping with the keys type, keys, send_key")
    desired_min_echo_tx: Duration | None = Field(default=None, description=f"{DURATION_ALLOWED}, 0us sends none")
    required_min_echo_rx: Duration | None = Field(default=None, description=f"{DURATION_ALLOWED}, 0us takes none")
    padded_pdu_size: Annotated[StrictInt, Field(ge=24, le=65507)] | None = Field(
        default=None, description="an integer from 24 to 65507"
    )


class Session(Terms):
    """A session between two nodes; terms that stand here are those of both sides, unless a side has its own."""

    between: tuple[NodeName, NodeName] = Field(description="a list of two names of nodes")
    kind: Literal["single_hop", "multi_hop"] = Field(default="single_hop", description="single_hop or multi_hop")
    family: Literal[4, 6] = Field(default=4, description="4 or 6")
    network: NetworkName | None = Field(
        default=None, description="the name of a network that both nodes are on; needed where there are several"
    )
    sides: dict[NodeName, Terms] = Field(default={}, description="a mapping of terms by the name of a node of between")
    expect: Literal["up", "down"] = Field(
        default="up", description="up or down: whether the laboratory is ready only when the session is Up"
    )

    def terms(self, node: str) -> Terms:
        """What `node` wants, its own words before those for both."""
        common = {name: getattr(self, name) for name in Terms.model_fields}
        own = self.sides.get(node, Terms())
        return own.model_copy(update={name: value for name, value in common.items() if getattr(own, name) is None})


class Bgp(Strict):
    """An external BGP session (RFC 4271) between two nodes on one network; each node is an autonomous system."""

    between: tuple[NodeName, NodeName] = Field(description="a list of two names of nodes")
    family: Literal[4, 6] = Field(default=4, description="4 or 6")
    network: NetworkName | None = Field(
        default=None, description="the name of a network that both nodes are on; needed where there are several"
    )
    hold: Annotated[Duration, AfterValidator(_hold_time)] = Field(
        default=90_000_000,
        description=f"whole seconds from {SHORTEST_HOLD_US // 1_000_000}s to {LONGEST_US // 1_000_000}s",
    )
    bfd: StrictBool = Field(
        default=False, description="true or false: whether the BFD session between the two (sessions) advises it"
    )
    announce: dict[NodeName, tuple[Prefix, ...]] = Field(
        default={}, description=f"a mapping of lists, by the name of a node of between, of {PREFIX_ALLOWED}"
    )


class Impairment(Strict):
    """What is wrong at the port that connects a node with a network, from the start."""

    network: NetworkName = Field(description="the name of a network")
    node: NodeName = Field(description="the name of a node on it")
    direction: Direction = Field(default="both", description="both, to or from the node")
    cut: StrictBool = Field(default=False, description="true or false")
    loss: Annotated[float, Field(ge=0, le=100, strict=True)] = Field(default=0.0, description="per cent, 0 to 100")
    delay: Duration = Field(default=0, description=DURATION_ALLOWED)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.cut, self.loss > 0, self.delay > 0].count(True) != 1:
            raise clash("cut, loss and delay: allowed is exactly one of them")
        return self


class Capture(Strict):
    """What a node sees of a network, written to a pcapng file in its folder from before the daemons start."""

    node: NodeName = Field(description="the name of a node")
    network: NetworkName = Field(description="the name of a network that it is on")
    filter: str = Field(default=DEFAULT_FILTER, description="a filter as pcap-filter(7) has it")
    limit_mb: Annotated[StrictInt, Field(ge=1, le=10_000)] = Field(
        default=100, description="the largest size of the file in MB, 1 to 10000"
    )


class Topology(Strict):
    """The whole file."""

    name: Annotated[str, Field(strict=True, pattern=r"^[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$")] = Field(
        description="1 to 24 of a-z, 0-9 and '-', no '-' at either end"
    )
    description: str = Field(default="", description="text")
    networks: dict[NetworkName, Network] = Field(
        min_length=1, max_length=50, description=f"a mapping of 1 to 50 networks by name: {_NAME_ALLOWED.format(11)}"
    )
    nodes: dict[NodeName, TopologyNode] = Field(
        min_length=1, max_length=50, description=f"a mapping of 1 to 50 nodes by name: {_NAME_ALLOWED.format(15)}"
    )
    sessions: tuple[Session, ...] = Field(default=(), description="a list of sessions")
    bgp: tuple[Bgp, ...] = Field(default=(), description="a list of BGP sessions")
    impairments: tuple[Impairment, ...] = Field(default=(), description="a list of impairments")
    captures: tuple[Capture, ...] = Field(default=(), description="a list of captures")
    steps: tuple[Step, ...] = Field(default=(), description="a list of steps, each with expect or do")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        checks = (self._likenesses, self._nodes, self._room, self._sessions, self._bgp, self._ports, self._expected)
        for complaint in (check() for check in checks):
            if complaint:
                raise clash(complaint)
        return self

    def home(self, node: str) -> str:
        """The node that has the namespace in which `node` lives."""
        return self.nodes[node].shares or node

    def networks_of(self, node: str) -> tuple[str, ...]:
        """The networks that a node is on, in its own order."""
        return self.nodes[self.home(node)].networks

    def members(self, network: str) -> list[str]:
        """The nodes that have an interface in a network, in the order of the file."""
        return [name for name, node in self.nodes.items() if network in node.networks]

    def common(self, pair: Session | Bgp) -> str | None:
        """The network of a session: the one that it names, or else the only one that both of its nodes are on."""
        one, other = pair.between
        shared = [name for name in self.networks_of(one) if name in self.networks_of(other)]
        return pair.network or (shared[0] if len(shared) == 1 else None)

    def adviser(self, bgp: Bgp) -> int | None:
        """The number of the BFD session that advises a BGP session; None where it wants none, or there is none."""
        for number, session in enumerate(self.sessions):
            alike = set(session.between) == set(bgp.between) and session.family == bgp.family
            if bgp.bfd and alike and session.kind == "single_hop" and self.common(session) == self.common(bgp):
                return number
        return None

    def _likenesses(self) -> str:
        models: list[str] = []
        for name, network in self.networks.items():
            if network.like is not None and not (network.vrf and network.like in models):
                allowed = ", ".join(models) if network.vrf else "no name, or vrf: true, too"
                return f"networks.{name}.like: {network.like}: allowed is {allowed or 'a network before it, with vrf'}"
            if network.vrf and network.like is None:
                models.append(name)
        return ""

    def _nodes(self) -> str:
        for name, node in self.nodes.items():
            if name == SWITCH:
                return f"nodes.{name}: allowed is another name"
            if node.shares is not None and (node.shares not in self.nodes or self.nodes[node.shares].shares):
                owners = ", ".join(other for other, owner in self.nodes.items() if owner.shares is None)
                return f"nodes.{name}.shares: {node.shares}: allowed is {owners}"
            for network in node.networks:
                if network not in self.networks:
                    return f"nodes.{name}.networks: {network}: allowed is {', '.join(self.networks)}"
                if node.runs == "router" and self.networks[network].vrf:
                    return f"nodes.{name}.networks: {network}: allowed for a router are networks without vrf"
        return ""

    def _room(self) -> str:
        """A node's number is its address within each network."""
        for name, network in self.networks.items():
            for key, bits, length in (("ipv4", 32, network.ipv4), ("ipv6", 128, network.ipv6)):
                if length is not None and len(self.nodes) > (1 << (bits - length)) - 2:
                    return f"networks.{name}.{key}: {length}: allowed is room for {len(self.nodes)} nodes"
        return ""

    def _sessions(self) -> str:
        for number, session in enumerate(self.sessions):
            where, (one, other) = f"sessions[{number}]", session.between
            for node in session.between:
                if node not in self.nodes or self.nodes[node].runs not in bfd_speakers():
                    speakers = ", ".join(name for name, kind in self.nodes.items() if kind.runs in bfd_speakers())
                    return f"{where}.between: {node}: allowed is {speakers or 'a node that speaks BFD'}"
            if self.home(one) == self.home(other):
                return f"{where}.between: {one}, {other}: allowed are nodes in different namespaces"
            for node in session.sides:
                if node not in session.between:
                    return f"{where}.sides: {node}: allowed is {one}, {other}"
            if all(session.terms(node).passive for node in session.between):
                return f"{where}.passive: both sides: allowed is one, or no session ever begins (RFC 5880 section 6.1)"
            complaint = self._network(session)
            if complaint:
                return f"{where}.{complaint}"
        return ""

    def _bgp(self) -> str:
        kinds = {name for name, release in RELEASES.items() if release.bgp is not None}
        speakers = [name for name, node in self.nodes.items() if node.runs in kinds]
        for number, bgp in enumerate(self.bgp):
            where, (one, other) = f"bgp[{number}]", bgp.between
            for node in bgp.between:
                if node not in speakers:
                    return f"{where}.between: {node}: allowed is {', '.join(speakers) or 'a node that speaks BGP'}"
            if self.home(one) == self.home(other):
                return f"{where}.between: {one}, {other}: allowed are nodes in different namespaces"
            complaint = self._network(bgp)
            if complaint:
                return f"{where}.{complaint}"
            if bgp.bfd and self.adviser(bgp) is None:
                return f"{where}.bfd: true: allowed with a single-hop session of IPv{bgp.family} between the two"
            for node, prefixes in bgp.announce.items():
                if node not in bgp.between:
                    return f"{where}.announce: {node}: allowed is {one}, {other}"
                for prefix in prefixes:
                    if ip_network(prefix).version != bgp.family:
                        return f"{where}.announce.{node}: {prefix}: allowed is a prefix of IPv{bgp.family}"
            pairs = [(set(each.between), each.family, self.common(each)) for each in self.bgp[: number + 1]]
            if pairs.index(pairs[-1]) < number:
                return f"{where}.between: {one}, {other}: allowed is one session of IPv{bgp.family} on a network"
        return ""

    def _network(self, session: Session | Bgp) -> str:
        one, other = session.between
        shared = [name for name in self.networks_of(one) if name in self.networks_of(other)]
        if session.network is not None and session.network not in shared:
            return f"network: {session.network}: allowed is {', '.join(shared) or 'no name, as none has both nodes'}"
        if isinstance(session, Session) and session.kind == "multi_hop" and session.network is None:
            return ""  # whether there is a way is for the blueprint to find out
        if session.network is None and len(shared) != 1:
            return f"network: allowed is {', '.join(shared)}" if shared else f"between: {one} and {other} share none"
        alone = isinstance(session, Session) and session.kind == "single_hop"
        if self.networks[session.network or shared[0]].vrf and not alone:
            return f"network: {session.network or shared[0]}: in a VRF, allowed is a BFD session of kind single_hop"
        family = _FAMILIES[session.family]
        if getattr(self.networks[session.network or shared[0]], family) is None:
            return f"family: {session.family}: allowed where the network has {family}"
        return ""

    def _expected(self) -> str:
        for number, step in enumerate(self.steps):
            if step.about_bgp and not self.bgp:
                return f"steps[{number}].expect: {step.expect}: allowed with BGP sessions"
            if step.expect and step.network is not None and step.network not in self.networks:
                return f"steps[{number}].network: {step.network}: allowed is {', '.join(self.networks)}"
        return ""

    def _ports(self) -> str:
        kinds: dict[str, tuple[Impairment | Capture | Step, ...]] = {
            "impairments": self.impairments,
            "captures": self.captures,
            "steps": tuple(step for step in self.steps if step.do is not None and step.network is not None),
        }
        for kind, ports in kinds.items():
            for number, port in enumerate(ports):
                if port.network not in self.networks:
                    return f"{kind}[{number}].network: {port.network}: allowed is {', '.join(self.networks)}"
                if port.node not in self.nodes or port.network not in self.networks_of(port.node):
                    members = ", ".join(self.members(port.network))
                    return f"{kind}[{number}].node: {port.node}: allowed is {members or 'a node on the network'}"
        pairs = Counter((capture.node, capture.network) for capture in self.captures)
        for (node, network), count in pairs.items():
            if count > 1:
                return f"captures: {node} on {network}: allowed is one"
        return ""


def parse_topology(document: Any, source: str) -> Topology:
    """A topology from the content of a file; `source` is what errors call it. Raises TopologyError."""
    try:
        return Topology.model_validate(document)
    except ValidationError as error:
        raise TopologyError(f"{source}: {one_line(error.errors(include_url=False)[0], Topology)}") from None


def load_topology(path: Path) -> Topology:
    """Read a topology file. Raises TopologyError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TopologyError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TopologyError(f"{path}: byte {error.start} is not UTF-8") from None
    except yaml.YAMLError as error:
        raise TopologyError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    return parse_topology(document, str(path))


def stacks() -> list[str]:
    """Names of the topologies that come with this project."""
    return sorted(path.stem for path in STACKS.glob(f"*{_SUFFIX}"))


def find_topology(name: str) -> Topology:
    """The topology of this name that comes with this project, or the one in the file NAME.yaml. Raises
    TopologyError."""
    if name.endswith(_SUFFIX):
        return load_topology(Path(name))
    if name not in stacks():
        raise TopologyError(f"no topology is called {name!r}; allowed is {', '.join(stacks())}, or a file *{_SUFFIX}")
    return load_topology(STACKS / f"{name}{_SUFFIX}")
