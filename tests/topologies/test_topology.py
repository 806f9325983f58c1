"""Topologies on paper: what may be written, and what a run of one will be made of. No root is needed."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from topologies.blueprint import Blueprint, draw
from topologies.errors import LabError
from topologies.graph import draw_svg
from topologies.topology import Topology, TopologyError, find_topology, parse_topology, stacks

GOLDEN = Path(__file__).parent / "golden"

PLAIN: dict[str, Any] = {
    "name": "plain",
    "networks": {"lan": {}},
    "nodes": {"a": {"runs": "refbfd", "networks": ["lan"]}, "b": {"runs": "refbfd", "networks": ["lan"]}},
}


LAN = {"network": "lan"}


def plain(**changes: Any) -> Topology:
    return parse_topology(PLAIN | changes, "plain.yaml")


@pytest.mark.parametrize("name", stacks())
def test_every_stack_can_be_planned_kept_and_drawn(name: str) -> None:
    topology = find_topology(name)
    assert topology.name == name
    plan = draw(topology, "run", Path("/run/bfdspec/run"))
    assert Blueprint.model_validate_json(plan.model_dump_json()) == plan
    picture = ElementTree.fromstring(draw_svg(plan, topology.description))
    words = {element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert words >= {*topology.nodes, *topology.networks, topology.description}


@pytest.mark.parametrize("name", ["multihop", "bgp-frr-bird"])
def test_the_plan_is_as_ever(name: str) -> None:
    plan = draw(find_topology(name), "golden", Path("/run/bfdspec/golden"))
    assert plan.model_dump_json(indent=1) + "\n" == (GOLDEN / f"{name}.blueprint.json").read_text()


def test_a_session_that_bgp_asks_for_is_not_configured_besides() -> None:
    nodes = {"a": {"runs": "frr", "networks": ["lan"]}, "b": {"runs": "bird", "networks": ["lan"]}}
    sessions = [{"between": ["a", "b"]}, {"between": ["a", "b"], "family": 6}, {"between": ["b", "a"], "family": 6}]
    bgp = [{"between": ["b", "a"], "family": 6, "bfd": True}, {"between": ["a", "b"], "hold": "3s"}]
    a, b = draw(plain(nodes=nodes, sessions=sessions, bgp=bgp), "r", Path("/x")).nodes
    for node in (a, b):
        assert [each.number for each in node.own_sessions] == [0, 2]
        assert [node.adviser(each) for each in node.bgp] == [node.sessions[1].spec, None]
        assert [each.spec.hold_s for each in node.bgp] == [90, 3]
    assert [each.spec.name for each in a.bgp] == ["b-a", "a-b"]
    assert (a.bgp[0].spec.local, a.bgp[0].spec.local_as) == (b.bgp[0].spec.peer, b.bgp[0].spec.peer_as)
    assert a.bgp[0].spec.router_id != b.bgp[0].spec.router_id


SPEAKERS = {
    "networks": {"lan": {}, "six": {"ipv4": None}},
    "nodes": {
        **{name: {"runs": "frr", "networks": ["lan", "six"]} for name in ("a", "b")},
        "r": {"runs": "refbfd", "networks": ["lan"]},
        "x": {"runs": "exabgp", "networks": ["lan"]},
    },
}


@pytest.mark.parametrize(
    ("bgp", "complaint"),
    [
        ([{"between": ["a", "r"]}], "bgp[0].between: r: allowed is a, b, x"),
        ([{"between": ["a", "a"]}], "bgp[0].between: a, a: allowed are nodes in different namespaces"),
        ([{"between": ["a", "b"]}], "bgp[0].network: allowed is lan, six"),
        ([{"between": ["a", "b"], "network": "six"}], "bgp[0].family: 4: allowed where the network has ipv4"),
        ([{"between": ["a", "b"], "hold": "2s"}], "bgp[0].hold: '2s': allowed is whole seconds from 3s to 4294s"),
        ([{"between": ["a", "b"], "hold": "3500ms"}], "bgp[0].hold: '3500ms': allowed is whole seconds"),
        ([{"between": ["a", "b"], "hold": "soon"}], "bgp[0].hold: 'soon': allowed is whole seconds"),
        (
            [{"between": ["a", "b"], "network": "lan", "bfd": True}],
            "bgp[0].bfd: true: allowed with a single-hop session of IPv4 between the two",
        ),
        (
            [{"between": ["a", "b"], "network": "lan"}, {"between": ["b", "a"], "network": "lan"}],
            "bgp[1].between: b, a: allowed is one session of IPv4 on a network",
        ),
        (
            [{"between": ["a", "x"], "announce": {"b": ["198.51.100.0/24"]}}],
            "bgp[0].announce: b: allowed is a, x",
        ),
        (
            [{"between": ["a", "x"], "announce": {"x": ["2001:db8::/32"]}}],
            "bgp[0].announce.x: 2001:db8::/32: allowed is a prefix of IPv4",
        ),
        (
            [{"between": ["a", "x"], "announce": {"x": ["198.51.100.1/24"]}}],
            "bgp[0].announce: '198.51.100.1/24': allowed is a mapping of lists, by the name of a node of between, of ",
        ),
    ],
)
def test_a_mistake_about_bgp_is_one_line(bgp: list[dict[str, Any]], complaint: str) -> None:
    with pytest.raises(TopologyError, match="^" + re.escape(f"plain.yaml: {complaint}")):
        plain(**SPEAKERS, bgp=bgp)


def test_a_node_without_bfd_has_no_session() -> None:
    with pytest.raises(TopologyError, match=r"sessions\[0\]\.between: x: allowed is a, b, r$"):
        plain(**SPEAKERS, sessions=[{"between": ["a", "x"], "network": "lan"}])


def test_what_one_end_announces_the_other_learns() -> None:
    announce = {"x": ["2001:DB8:1::/48"], "a": ["2001:db8:2::/48", "2001:db8:3::/48"]}
    plan = draw(plain(**SPEAKERS, bgp=[{"between": ["a", "x"], "family": 6, "announce": announce}]), "r", Path("/x"))
    (a,), (x,) = (plan.node(name).bgp for name in "ax")
    assert a.spec.announces == x.learns == ("2001:db8:2::/48", "2001:db8:3::/48")
    assert x.spec.announces == a.learns == ("2001:db8:1::/48",)


def test_runs_share_no_name_and_no_mac_address() -> None:
    one, other = (draw(find_topology("shared"), run_id, Path("/x") / run_id) for run_id in ("one", "two"))
    assert not set(one.namespaces) & set(other.namespaces)
    macs = [{each.mac for house in plan.houses for each in house.interfaces} for plan in (one, other)]
    assert not macs[0] & macs[1]


def test_a_side_has_its_own_words_before_those_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", "\udcffkey")
    auth = {"type": "keyed_sha1", "keys": {7: "env:LAB_KEY"}, "send_key": 7}
    session = {
        "between": ["a", "b"],
        "detect_mult": 5,
        "auth": auth,
        "sides": {"a": {"detect_mult": 2, "demand": True}},
    }
    plan = draw(plain(sessions=[session]), "r", Path("/x"))
    (a,), (b,) = (plan.node(name).sessions for name in "ab")
    assert (a.spec.detect_mult, a.spec.demand, b.spec.detect_mult, b.spec.demand) == (2, True, 5, False)
    assert (a.spec.local, a.spec.interface) == (b.spec.peer, "lan")
    assert Blueprint.model_validate_json(plan.model_dump_json()) == plan
    assert a.spec.auth is not None and a.spec.auth.keys[0].secret == b"\xffkey"


def test_two_sessions_of_a_pair_have_two_names() -> None:
    plan = draw(plain(sessions=[{"between": ["a", "b"]}, {"between": ["a", "b"], "family": 6}]), "r", Path("/x"))
    assert [each.spec.name for each in plan.node("a").sessions] == ["a-b", "a-b-2"]


def test_a_multihop_session_needs_a_way() -> None:
    nodes = {"a": {"runs": "refbfd", "networks": ["lan"]}, "b": {"runs": "refbfd", "networks": ["far"]}}
    changes = {"networks": {"lan": {}, "far": {}}, "nodes": nodes}
    topology = plain(**changes, sessions=[{"between": ["a", "b"], "kind": "multi_hop"}])
    with pytest.raises(LabError, match=r"plain: sessions\[0\]\.between: no way from a to b over IPv4"):
        draw(topology, "r", Path("/x"))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"nodes": {"a": {"runs": "fr", "networks": ["lan"]}}}, "nodes.a: runs: 'fr': allowed is host, router, "),
        ({"nodes": {"a": {"runs": "frr", "networks": ["lan"], "x": 1}}}, "nodes.a.x: unknown key; allowed are runs"),
        ({"nodes": {"A": {"runs": "frr", "networks": ["lan"]}}}, "nodes.A: 'A': allowed is a mapping"),
        ({"nodes": {"switch": {"runs": "host", "networks": ["lan"]}}}, "nodes.switch: allowed is another name"),
        ({"nodes": {"a": {"runs": "host"}}}, "nodes.a: networks and shares: allowed is exactly one"),
        ({"nodes": {"a": {"runs": "host", "networks": ["x"]}}}, "nodes.a.networks: x: allowed is lan"),
        ({"networks": {"lan": {"ipv4": 4}}}, "networks.lan.ipv4: 4: allowed is a prefix length from 24 to 30"),
        ({"networks": {"lan": {"ipv6": 127}}}, "networks.lan.ipv6: 127: allowed is a prefix length from 64 to 126"),
        ({"sessions": [{"between": ["a"]}]}, "sessions[0].between[1]: is missing"),
        ({"sessions": [{"between": ["a", "c"]}]}, "sessions[0].between: c: allowed is a, b"),
        ({"sessions": [{"between": ["a", "b"], "passive": True}]}, "sessions[0].passive: both sides"),
        ({"sessions": [{"between": ["a", "b"], "desired_min_tx": 300}]}, "sessions[0].desired_min_tx: 300: allowed is"),
        (
            {"sessions": [{"between": ["a", "b"], "sides": {"a": {"detect_mult": 0}}}]},
            "sessions[0].sides.a.detect_mult: 0: allowed is an integer from 1 to 255",
        ),
        (
            {"networks": {"lan": {"ipv6": None}}, "sessions": [{"between": ["a", "b"], "family": 6}]},
            "sessions[0].family: 6: allowed where the network has ipv6",
        ),
        ({"impairments": [{"network": "lan", "node": "a"}]}, "impairments[0]: cut, loss and delay: allowed is exactly"),
        ({"captures": [{"network": "lan", "node": "c"}]}, "captures[0].node: c: allowed is a, b"),
        ({"steps": [{"expect": "up", "network": "x"}]}, "steps[0].network: x: allowed is lan"),
        ({"steps": [{"expect": "ended", "network": "lan"}]}, "steps[0]: network: allowed with cut, "),
        (
            {"networks": {"lan": {}, "x": {"like": "lan"}}},
            "networks.x.like: lan: allowed is no name, or ",
        ),
        (
            {"networks": {"lan": {}, "x": {"like": "lan", "vrf": True}}},
            "networks.x.like: lan: allowed is a network before it, with vrf",
        ),
        (
            {"networks": {"lan": {"vrf": True}}, "sessions": [{"between": ["a", "b"], "kind": "multi_hop", **LAN}]},
            "sessions[0].network: lan: in a VRF, allowed is a BFD session of kind single_hop",
        ),
        (
            {"networks": {"lan": {"vrf": True}}, "nodes": {"a": {"runs": "router", "networks": ["lan"]}}},
            "nodes.a.networks: lan: allowed for a router are networks without vrf",
        ),
    ],
)
def test_a_mistake_is_one_line(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TopologyError, match="^" + re.escape(f"plain.yaml: {complaint}")):
        plain(**changes)


def test_networks_in_vrfs_can_have_the_same_addresses() -> None:
    plan = draw(find_topology("vrf"), "r", Path("/x"))
    red, blue = (session.spec for session in plan.node("west").sessions)
    assert (red.local, red.peer) == (blue.local, blue.peer)
    assert (red.interface, red.vrf, blue.interface, blue.vrf) == ("red", "vrfred", "blue", "vrfblue")
    interfaces = [interface for house in plan.houses for interface in house.interfaces]
    assert len({interface.mac for interface in interfaces}) == len(interfaces)
    assert len({port for interface in interfaces for port in interface.ports}) == len(interfaces)


def test_an_unknown_name_tells_those_there_are() -> None:
    with pytest.raises(TopologyError, match=r"no topology is called 'nope'; allowed is .*p2p-frr"):
        find_topology("nope")


def test_a_witness_records_each_network_of_the_node_that_it_shares_a_namespace_with() -> None:
    nodes = {
        "a": {"runs": "refbfd", "networks": ["lan", "wan"]},
        "b": {"runs": "refbfd", "networks": ["lan"]},
        "eye": {"runs": "tshark", "shares": "a"},
    }
    plan = draw(plain(networks={"lan": {}, "wan": {}}, nodes=nodes), "r", Path("/x"))
    assert [(each.node, each.network, each.limit_mb) for each in plan.captures] == [
        ("eye", "lan", 100),
        ("eye", "wan", 100),
    ]
    assert plan.house("eye") is plan.house("a")
    assert plan.node("eye").bare
