"""The plan of one run of a topology: namespaces, interfaces, addresses, routes, and the sessions of each node.

Data only, nothing is made here. Names and MAC addresses follow from the run id, so that runs never meet; IP addresses
follow from the topology alone, so that two runs can be compared: each run has namespaces of its own. Node m of the file
is .m of network n, 10.204.n.0 and fd00:bfe:n::, and fe80::bfd:m on all links; a network that is like another one has
that one's addresses.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from ipaddress import ip_interface
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import field_serializer, field_validator

from topologies.description import check_run_id, mac_address
from topologies.errors import LabError
from topologies.fields import Strict
from topologies.node import BgpSpec, SessionSpec, given
from topologies.steps import Direction
from topologies.topology import BARE, SWITCH, WITNESS, Capture, Session, Topology

_IPV4 = "10.204.{network}.{node}/{length}"
_IPV6 = "fd00:bfe:{network:x}::{node:x}/{length}"
_FIRST_AS = 64512
"""Of those for private use (RFC 6996 section 5); node m is the m-th after it."""
_ROUTER_ID = "192.0.2.{node}"
_LINK_LOCAL = "fe80::bfd:{node:x}/64"
_VRF = "vrf{network}"


class Interface(Strict):
    """The way from a namespace to a network: `name` in the namespace, called as the network, and at the other end the
    `ports` of the network's bridge. It is a veth pair, or a bond of one pair for each port. Addresses have a prefix
    length; "" is none. `vrf` is the VRF that it is in, "" for none."""

    network: str
    name: str
    vrf: str
    ports: tuple[str, ...]
    mac: str
    ipv4: str
    ipv6: str
    link_local: str

    @property
    def bonded(self) -> bool:
        """Whether it is a bond."""
        return len(self.ports) > 1

    @property
    def links(self) -> tuple[str, ...]:
        """The near ends of the veth pairs, in the order of the ports."""
        return tuple(f"{self.name}.{number}" for number in range(len(self.ports))) if self.bonded else (self.name,)

    def address(self, family: int) -> str:
        """The address of family 4 or 6, without a prefix length; "" where there is none."""
        return (self.ipv4 if family == 4 else self.ipv6).partition("/")[0]

    def addresses(self) -> list[str]:
        """All addresses, each with its prefix length."""
        return [address for address in (self.ipv4, self.ipv6, self.link_local) if address]


class Route(Strict):
    """The way to a network that a namespace is not on."""

    destination: str
    gateway: str


class House(Strict):
    """A network namespace and what is in it. `node` is the name of the node that it was made for."""

    node: str
    namespace: str
    forwards: bool
    interfaces: tuple[Interface, ...]
    routes: tuple[Route, ...]

    def interface(self, network: str) -> Interface:
        """The interface on a network. Raises LabError where there is none."""
        for interface in self.interfaces:
            if interface.network == network:
                return interface
        names = ", ".join(interface.network for interface in self.interfaces)
        raise LabError(f"node {self.node} is not on network {network}: allowed is {names}")


class PlannedSession(Strict):
    """One side's view of a session; `number` is that of the topology's session, `peer` the node at the other end."""

    number: int
    peer: str
    spec: SessionSpec
    expect: str

    @field_serializer("spec", when_used="json")
    def _with_keys_as_text(self, spec: SessionSpec) -> dict[str, Any]:
        values = asdict(spec)
        for key in values["auth"]["keys"] if values["auth"] else ():
            key["secret"] = key["secret"].hex()
        return values

    @field_validator("spec", mode="before")
    @classmethod
    def _with_keys_as_bytes(cls, spec: Any) -> Any:
        for key in (spec.get("auth") or {"keys": ()})["keys"] if isinstance(spec, dict) else ():
            key["secret"] = bytes.fromhex(key["secret"])
        return spec


class PlannedBgp(Strict):
    """One side's view of a BGP session; `number` is that of the topology's BGP session, `peer` the node at the other
    end, which announces the prefixes `learns`, `adviser` the number of the BFD session that it asks for, None for
    none."""

    number: int
    peer: str
    spec: BgpSpec
    learns: tuple[str, ...]
    adviser: int | None


class Trouble(Strict):
    """An impairment at a node's port: a share of packets lost, 100 % for a cut, or a delay in microseconds."""

    network: str
    node: str
    direction: Direction
    loss: float
    delay_us: int


class PlannedNode(Strict):
    """A node and where it lives; `runs` is the name of a release, or one of BARE."""

    name: str
    runs: str
    home: str
    folder: Path
    sessions: tuple[PlannedSession, ...]
    bgp: tuple[PlannedBgp, ...]

    @property
    def own_sessions(self) -> tuple[PlannedSession, ...]:
        """The sessions that are configured as such: the others are asked for by BGP."""
        advisers = {bgp.adviser for bgp in self.bgp}
        return tuple(session for session in self.sessions if session.number not in advisers)

    def adviser(self, bgp: PlannedBgp) -> SessionSpec | None:
        """The session that a BGP session asks for."""
        return next((session.spec for session in self.sessions if session.number == bgp.adviser), None)

    @property
    def bare(self) -> bool:
        """Whether there is no implementation to start."""
        return self.runs in BARE


class Blueprint(Strict):
    """Everything that is needed to make a laboratory, and to work in it from another process; survives
    `model_dump_json`, which holds the keys of authenticated sessions."""

    run_id: str
    topology: str
    folder: Path
    switch: str
    networks: tuple[str, ...]
    houses: tuple[House, ...]
    nodes: tuple[PlannedNode, ...]
    troubles: tuple[Trouble, ...]
    captures: tuple[Capture, ...]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """All of them, the switch's last."""
        return (*(house.namespace for house in self.houses), self.switch)

    def node(self, name: str) -> PlannedNode:
        """Raises LabError with the names there are."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise LabError(
            f"no node of {self.run_id} is called {name!r}: allowed is {', '.join(n.name for n in self.nodes)}"
        )

    def house(self, node: str) -> House:
        """Where a node lives. Raises LabError."""
        home = self.node(node).home
        return next(house for house in self.houses if house.node == home)


def draw(topology: Topology, run_id: str, folder: Path) -> Blueprint:
    """Plan a run of `topology`; `folder` will be its work folder. Raises LabError for a run id that cannot be one, and
    for a multihop session whose ends are not connected."""
    check_run_id(run_id)
    houses = _connect([_house(topology, run_id, name) for name in topology.nodes if topology.home(name) == name])
    by_node = {name: house for name in topology.nodes for house in houses if house.node == topology.home(name)}
    sessions = _sessions(topology, by_node)
    bgp = _bgp(topology, by_node)
    return Blueprint(
        run_id=run_id,
        topology=topology.name,
        folder=folder,
        switch=_namespace(run_id, SWITCH),
        networks=tuple(topology.networks),
        houses=tuple(houses),
        nodes=tuple(
            PlannedNode(
                name=name,
                runs=node.runs,
                home=topology.home(name),
                folder=folder / name,
                sessions=tuple(sessions[name]),
                bgp=tuple(bgp[name]),
            )
            for name, node in topology.nodes.items()
        ),
        troubles=tuple(
            Trouble(
                network=impairment.network,
                node=impairment.node,
                direction=impairment.direction,
                loss=100.0 if impairment.cut else impairment.loss,
                delay_us=impairment.delay,
            )
            for impairment in topology.impairments
        ),
        captures=(*topology.captures, *_witnessed(topology)),
    )


def _witnessed(topology: Topology) -> list[Capture]:
    """What the nodes record that are there for that: everything, on each network that they are on."""
    return [
        Capture(node=name, network=network)
        for name, node in topology.nodes.items()
        if node.runs == WITNESS
        for network in topology.networks_of(name)
    ]


def _namespace(run_id: str, node: str) -> str:
    return f"bfds-{run_id}-{node}"


def _house(topology: Topology, run_id: str, node: str) -> House:
    networks = list(topology.networks)
    return House(
        node=node,
        namespace=_namespace(run_id, node),
        forwards=topology.nodes[node].runs == "router",
        interfaces=tuple(
            _interface(topology, run_id, name, networks, list(topology.nodes).index(node) + 1)
            for name in topology.nodes[node].networks
        ),
        routes=(),
    )


def _interface(topology: Topology, run_id: str, name: str, networks: list[str], node: int) -> Interface:
    lengths = topology.networks[name]
    network = networks.index(name) + 1
    place = {"network": networks.index(lengths.like or name) + 1, "node": node}
    return Interface(
        network=name,
        name=name,
        vrf=_VRF.format(network=name) if lengths.vrf else "",
        ports=tuple(f"port{network}-{node}-{link}" for link in range(2 if lengths.bond else 1)),
        mac=mac_address(run_id, network, node, 0),
        ipv4=_IPV4.format(**place, length=lengths.ipv4) if lengths.ipv4 is not None else "",
        ipv6=_IPV6.format(**place, length=lengths.ipv6) if lengths.ipv6 is not None else "",
        link_local=_LINK_LOCAL.format(**place),
    )


def _connect(houses: list[House]) -> list[House]:
    """Give each house its routes: the shortest way through houses that forward, the first in the file of several."""
    return [house.model_copy(update={"routes": tuple(_routes(house, houses))}) for house in houses]


def _routes(house: House, houses: list[House]) -> list[Route]:
    """Breadth first from the networks at the door; `first_hop` is the router by which each network was reached, at its
    interface next to the house."""
    routes: list[Route] = []
    reached = {interface.network for interface in house.interfaces}
    first_hop: dict[str, Interface] = {}
    frontier = [interface.network for interface in house.interfaces]
    while frontier:
        network = frontier.pop(0)
        for router in houses:
            ports = {interface.network: interface for interface in router.interfaces}
            if not router.forwards or router.node == house.node or network not in ports:
                continue
            hop = first_hop.get(network, ports[network])
            for far in router.interfaces:
                if far.network in reached:
                    continue
                reached.add(far.network)
                first_hop[far.network] = hop
                frontier.append(far.network)
                routes += [
                    Route(destination=str(ip_interface(to).network), gateway=hop.address(family))
                    for family, to in ((4, far.ipv4), (6, far.ipv6))
                    if to and hop.address(family)
                ]
    return routes


def _sessions(topology: Topology, houses: Mapping[str, House]) -> dict[str, list[PlannedSession]]:
    planned: dict[str, list[PlannedSession]] = {name: [] for name in topology.nodes}
    for number, session in enumerate(topology.sessions):
        name = _unused("-".join(session.between), [side.spec.name for sides in planned.values() for side in sides])
        ends = _ends(topology, session, number, houses)
        for node, peer in (session.between, session.between[::-1]):
            spec = SessionSpec(
                name=name,
                peer=ends[peer].address(session.family),
                local=ends[node].address(session.family),
                interface=ends[node].name if session.kind == "single_hop" else "",
                kind=session.kind,
                vrf=ends[node].vrf,
            )
            planned[node].append(
                PlannedSession(
                    number=number, peer=peer, spec=replace(spec, **_wishes(session, node)), expect=session.expect
                )
            )
    return planned


def _bgp(topology: Topology, houses: Mapping[str, House]) -> dict[str, list[PlannedBgp]]:
    planned: dict[str, list[PlannedBgp]] = {name: [] for name in topology.nodes}
    numbers = {name: number for number, name in enumerate(topology.nodes, start=1)}
    for number, bgp in enumerate(topology.bgp):
        name = _unused("-".join(bgp.between), [side.spec.name for sides in planned.values() for side in sides])
        network = topology.common(bgp) or ""
        for node, peer in (bgp.between, bgp.between[::-1]):
            spec = BgpSpec(
                name=name,
                peer=houses[peer].interface(network).address(bgp.family),
                local=houses[node].interface(network).address(bgp.family),
                local_as=_FIRST_AS + numbers[node],
                peer_as=_FIRST_AS + numbers[peer],
                router_id=_ROUTER_ID.format(node=numbers[node]),
                hold_s=bgp.hold // 1_000_000,
                announces=bgp.announce.get(node, ()),
            )
            learns = bgp.announce.get(peer, ())
            adviser = topology.adviser(bgp)
            planned[node].append(PlannedBgp(number=number, peer=peer, spec=spec, learns=learns, adviser=adviser))
    return planned


def _unused(name: str, taken: list[str]) -> str:
    """`name`, or with the first number behind it that makes it new."""
    return next(new for n in count(1) if (new := name if n == 1 else f"{name}-{n}") not in taken)


def _ends(topology: Topology, session: Session, number: int, houses: Mapping[str, House]) -> dict[str, Interface]:
    """The interface at each end. Those of a multihop session are the first pair between which there is a way."""
    one, other = session.between
    shared = [name for name in topology.networks_of(one) if name in topology.networks_of(other)]
    common = session.network or (shared[0] if shared else None)
    if common is not None:
        pairs = [(houses[one].interface(common), houses[other].interface(common))]
    else:
        pairs = [(near, far) for near in houses[one].interfaces for far in houses[other].interfaces]
    for near, far in pairs:
        there = near.address(session.family) and far.address(session.family)
        if there and (
            common or (_leads(houses[one], far, session.family) and _leads(houses[other], near, session.family))
        ):
            return {one: near, other: far}
    family = f"IPv{session.family}"
    raise LabError(f"{topology.name}: sessions[{number}].between: no way from {one} to {other} over {family}")


def _leads(house: House, to: Interface, family: int) -> bool:
    network = str(ip_interface(to.ipv4 if family == 4 else to.ipv6).network)
    return any(route.destination == network for route in house.routes)


def _wishes(session: Session, node: str) -> dict[str, Any]:
    terms = session.terms(node)
    return given(
        desired_min_tx_us=terms.desired_min_tx,
        required_min_rx_us=terms.required_min_rx,
        detect_mult=terms.detect_mult,
        passive=terms.passive,
        demand=terms.demand,
        auth=None if terms.auth is None else terms.auth.spec(),
        desired_min_echo_tx_us=terms.desired_min_echo_tx,
        required_min_echo_rx_us=terms.required_min_echo_rx,
        padded_pdu_size=terms.padded_pdu_size,
    )
