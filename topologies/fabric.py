"""The networks of a laboratory, made in the kernel. Linux only; needs root.

All bridges lie in a namespace of their own, with one veth pair to each interface of a node: what the network does to
packets it does there, out of sight of the nodes' own kernels, and a capture at a node shows what that node really sent
and got.
"""

import errno
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from topologies import netns
from topologies.blueprint import Blueprint, House, Interface
from topologies.errors import LabError

_ACTIVE_BACKUP = 1
_MIIMON_MS = 100
"""How often a bond looks whether its links have a carrier."""
_FIRST_TABLE = 1000
"""The routing table of the first VRF of a namespace."""
_FIRST_BRIDGE = 1000
"""The index of the first network's bridge: given, so that the kernel need not be asked for it."""


def lay(blueprint: Blueprint) -> None:
    """Make all namespaces and links of a blueprint, ready to carry packets. Raises LabError.

    Everybody on a network knows everybody else's MAC address for good, so that no ARP or neighbour discovery disturbs
    a measurement.
    """
    for namespace in blueprint.namespaces:
        netns.create(namespace)
    # One namespace after the other, in a thread that has entered it: pyroute2 forks for a socket in a namespace that
    # it is not in, and the event loop of a socket that was open before may be deaf after that.
    try:
        netns.call_in(blueprint.switch, lambda: _build_switch(blueprint))
        for house in blueprint.houses:
            netns.call_in(house.namespace, partial(_furnish, house, blueprint.houses))
        for house in blueprint.houses:
            if house.forwards:
                netns.make_router(house.namespace)
    except (OSError, NetlinkError) as error:
        raise LabError(f"networks of {blueprint.run_id}: {error}") from error


def _build_switch(blueprint: Blueprint) -> None:
    _silence()
    with IPRoute() as kernel:
        for number, network in enumerate(blueprint.networks):
            bridge = _FIRST_BRIDGE + number
            kernel.link("add", kind="bridge", ifname=f"br-{network}", index=bridge, br_mcast_snooping=0)
            kernel.link("set", index=bridge, state="up")
        for house in blueprint.houses:
            for interface in house.interfaces:
                bridge = _FIRST_BRIDGE + blueprint.networks.index(interface.network)
                for link, port in zip(interface.links, interface.ports, strict=True):
                    peer = {"ifname": link, "address": interface.mac, "net_ns_fd": house.namespace}
                    kernel.link("add", kind="veth", ifname=port, master=bridge, peer=peer)
                    kernel.link("set", ifname=port, state="up")


def _silence() -> None:
    """The switch takes no part in what it carries."""
    for group in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{group}/disable_ipv6").write_text("1\n", encoding="utf-8")


def _furnish(house: House, houses: Iterable[House]) -> None:
    with IPRoute() as kernel:
        for number, interface in enumerate(house.interfaces):
            if interface.bonded:
                _bond(kernel, interface)
            if interface.vrf:
                _separate(kernel, interface, _FIRST_TABLE + number)
            netns.configure(kernel, interface.name, *interface.addresses())
            for neighbour in _neighbours(interface, houses):
                addresses = [address.partition("/")[0] for address in neighbour.addresses()]
                netns.introduce(kernel, interface.name, neighbour.mac, *addresses)
        for route in house.routes:
            kernel.route("add", dst=route.destination, gateway=route.gateway)
    netns.complete_checksums(link for interface in house.interfaces for link in interface.links)


def _bond(kernel: IPRoute, interface: Interface) -> None:
    try:
        kernel.link("add", kind="bond", ifname=interface.name, bond_mode=_ACTIVE_BACKUP, bond_miimon=_MIIMON_MS)
    except NetlinkError as error:
        if error.code == errno.EOPNOTSUPP:
            raise LabError("a bond needs the kernel module bonding, which this kernel does not have") from None
        raise
    (bond,) = kernel.link_lookup(ifname=interface.name)
    kernel.link("set", index=bond, address=interface.mac)
    for link in interface.links:
        (index,) = kernel.link_lookup(ifname=link)
        kernel.link("set", index=index, master=bond)


def _separate(kernel: IPRoute, interface: Interface, table: int) -> None:
    """Put the interface into its VRF."""
    try:
        kernel.link("add", kind="vrf", ifname=interface.vrf, vrf_table=table)
    except NetlinkError as error:
        if error.code == errno.EOPNOTSUPP:
            raise LabError("a VRF needs the kernel module vrf, which this kernel does not have") from None
        raise
    (vrf,) = kernel.link_lookup(ifname=interface.vrf)
    (index,) = kernel.link_lookup(ifname=interface.name)
    kernel.link("set", index=vrf, state="up")
    kernel.link("set", index=index, master=vrf)
    # A socket that listens for all VRFs, and looks at where a packet came in, gets those of all.
    Path("/proc/sys/net/ipv4/udp_l3mdev_accept").write_text("1\n", encoding="utf-8")


def _neighbours(interface: Interface, houses: Iterable[House]) -> list[Interface]:
    return [
        other
        for house in houses
        for other in house.interfaces
        if other.network == interface.network and other.ports != interface.ports
    ]
