"""The networks of a laboratory, made in the kernel. Linux only; needs root.

All bridges lie in a namespace of their own, with one veth pair to each interface of a node: what the network does to
packets it does there, out of sight of the nodes' own kernels, and a capture at a node shows what that node really sent
and got.
"""

from collections.abc import Iterable
from pathlib import Path

from pyroute2 import NetNS
from pyroute2.netlink.exceptions import NetlinkError

from topologies import netns
from topologies.blueprint import Blueprint, House, Interface
from topologies.errors import LabError


def lay(blueprint: Blueprint) -> None:
    """Make all namespaces and links of a blueprint, ready to carry packets. Raises LabError.

    Everybody on a network knows everybody else's MAC address for good, so that no ARP or neighbour discovery disturbs
    a measurement.
    """
    for namespace in blueprint.namespaces:
        netns.create(namespace)
    try:
        netns.call_in(blueprint.switch, _silence)
        with NetNS(blueprint.switch, flags=0) as switch:
            _build_bridges(switch, blueprint.networks)
            for house in blueprint.houses:
                _furnish(switch, house, blueprint.houses)
    except (OSError, NetlinkError) as error:
        raise LabError(f"networks of {blueprint.run_id}: {error}") from error


def _silence() -> None:
    """The switch takes no part in what it carries."""
    for group in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{group}/disable_ipv6").write_text("1\n", encoding="utf-8")


def _build_bridges(switch: NetNS, networks: Iterable[str]) -> None:
    for network in networks:
        switch.link("add", kind="bridge", ifname=_bridge(network), br_mcast_snooping=0, br_forward_delay=0)
        (index,) = switch.link_lookup(ifname=_bridge(network))
        switch.link("set", index=index, state="up")


def _bridge(network: str) -> str:
    return f"br-{network}"


def _furnish(switch: NetNS, house: House, houses: Iterable[House]) -> None:
    with NetNS(house.namespace, flags=0) as kernel:
        for interface in house.interfaces:
            _plug(switch, house.namespace, interface)
            netns.configure(kernel, interface.name, *interface.addresses())
            for neighbour in _neighbours(interface, houses):
                addresses = [address.partition("/")[0] for address in neighbour.addresses()]
                netns.introduce(kernel, interface.name, neighbour.mac, *addresses)
        for route in house.routes:
            kernel.route("add", dst=route.destination, gateway=route.gateway)
    netns.call_in(house.namespace, lambda: netns.complete_checksums(each.name for each in house.interfaces))
    if house.forwards:
        netns.make_router(house.namespace)


def _plug(switch: NetNS, namespace: str, interface: Interface) -> None:
    (bridge,) = switch.link_lookup(ifname=_bridge(interface.network))
    peer = {"ifname": interface.name, "address": interface.mac, "net_ns_fd": namespace}
    switch.link("add", kind="veth", ifname=interface.port, peer=peer)
    (index,) = switch.link_lookup(ifname=interface.port)
    switch.link("set", index=index, master=bridge)
    switch.link("set", index=index, state="up")


def _neighbours(interface: Interface, houses: Iterable[House]) -> list[Interface]:
    return [
        other
        for house in houses
        for other in house.interfaces
        if other.network == interface.network and other.port != interface.port
    ]
