"""The kernel side of a laboratory: namespaces, veth pairs, addresses, neighbours. Linux only; needs root and IPv6.

Namespaces appear under /run/netns, so `ip netns exec` works on them.
"""

import array
import contextlib
import fcntl
import socket
import struct
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_interface
from pathlib import Path
from typing import TypeVar

from pyroute2 import IPRoute, NetNS, netns
from pyroute2.netlink.exceptions import NetlinkError

from topologies.description import IPV4_PREFIX, IPV6_PREFIX, NEIGHBOURS, LabDescription, Link, neighbour
from topologies.errors import LabError
from topologies.processes import NETNS_FOLDER

_Result = TypeVar("_Result")

_IFA_F_NODAD = 0x02
_NUD_PERMANENT = 0x80

_SIOCETHTOOL = 0x8946
_ETHTOOL_STXCSUM = 0x17

_NO_ADDRESS = 1
_QUIET = {
    "ipv6": {"accept_dad": 0, "accept_ra": 0, "router_solicitations": 0, "addr_gen_mode": _NO_ADDRESS},
    "ipv4": {"rp_filter": 0},
}
"""No wait for duplicate address detection, and no traffic that nobody asked for. The only link-local address of a link
is the one in its description: a daemon may leave the choice to the kernel. Nor does the kernel filter what a daemon is
to judge: a packet may come in over another link than the one that leads to its source."""


def exists(namespace: str) -> bool:
    """Whether there is a namespace of this name."""
    return (NETNS_FOLDER / namespace).exists()


def create(namespace: str) -> None:
    """Create a namespace with its loopback up and IPv6 addresses usable at once. Raises LabError."""
    if exists(namespace):
        raise LabError(f"namespace {namespace} exists already")
    try:
        netns.create(namespace)
        call_in(namespace, _quieten)
        with NetNS(namespace, flags=0) as kernel:
            kernel.link("set", ifname="lo", state="up")
    except (OSError, NetlinkError) as error:
        raise LabError(f"namespace {namespace}: {error}") from error


def delete(namespace: str) -> None:
    """Remove a namespace and the links in it; no error where it does not exist."""
    with contextlib.suppress(FileNotFoundError):
        netns.remove(namespace)


def enter(namespace: str) -> None:
    """Move the calling thread, and the processes that it starts, into `namespace`. Raises LabError.

    Call it before other threads exist: those stay where they are.
    """
    try:
        netns.setns(namespace, flags=0)
    except OSError as error:
        raise LabError(f"namespace {namespace}: {error.strerror}") from error


def make_router(namespace: str) -> None:
    """Let the kernel of `namespace` forward, without ingress filtering, as it does on a router: for daemons that leave
    it to the kernel to loop Echo packets back (RFC 5881 section 2). Raises LabError."""
    try:
        call_in(namespace, _forward)
    except OSError as error:
        raise LabError(f"namespace {namespace}: {error}") from error


def lay_links(lab: LabDescription) -> None:
    """Lay the lab's links between its two namespaces, ready to carry packets. Raises LabError.

    Both ends know each other's MAC address for good, so that no ARP or neighbour discovery disturbs a measurement.
    """
    links = [link for slot in lab.slots for link in slot.links]
    try:
        with NetNS(lab.tester_namespace, flags=0) as tester, NetNS(lab.target_namespace, flags=0) as target:
            for link in links:
                _lay(tester, target, lab.target_namespace, link)
        call_in(lab.tester_namespace, lambda: complete_checksums(link.tester_interface for link in links))
        call_in(lab.target_namespace, lambda: complete_checksums(link.target_interface for link in links))
    except (OSError, NetlinkError) as error:
        raise LabError(f"links of {lab.run_id}: {error}") from error


def _lay(tester: NetNS, target: NetNS, target_namespace: str, link: Link) -> None:
    tester.link(
        "add",
        kind="veth",
        ifname=link.tester_interface,
        address=link.tester_mac,
        peer={"ifname": link.target_interface, "address": link.target_mac, "net_ns_fd": target_namespace},
    )
    testers = [link.tester_ipv4, link.tester_ipv6, link.tester_link_local]
    targets = [link.target_ipv4, link.target_ipv6, link.target_link_local]
    neighbours = [neighbour(tester, number + 1) for tester in testers[:2] for number in range(NEIGHBOURS)]
    configure(tester, link.tester_interface, *_with_prefixes(testers))
    configure(target, link.target_interface, *_with_prefixes(targets))
    introduce(tester, link.tester_interface, link.target_mac, *targets)
    introduce(target, link.target_interface, link.tester_mac, *testers, *neighbours)


def _with_prefixes(addresses: Iterable[str]) -> list[str]:
    return [f"{address}/{IPV6_PREFIX if ':' in address else IPV4_PREFIX}" for address in addresses]


def configure(kernel: IPRoute, interface: str, *addresses: str) -> None:
    """Give an interface addresses, each with a prefix length, that can be used at once, and set it up."""
    (index,) = kernel.link_lookup(ifname=interface)
    for address in map(ip_interface, addresses):
        flags = {"flags": _IFA_F_NODAD} if address.version == 6 else {}
        kernel.addr("add", index=index, address=str(address.ip), prefixlen=address.network.prefixlen, **flags)
    kernel.link("set", index=index, state="up")


def introduce(kernel: IPRoute, interface: str, mac: str, *addresses: str) -> None:
    """Tell the kernel for good who has these addresses, so that it never asks."""
    (index,) = kernel.link_lookup(ifname=interface)
    for address in addresses:
        kernel.neigh("add", ifindex=index, dst=address, lladdr=mac, state=_NUD_PERMANENT)


def call_in(namespace: str, function: Callable[[], _Result]) -> _Result:
    """What `function` returns in `namespace`, in a thread of its own that ends with it: the caller stays where it is,
    and a socket that is opened there stays there. Raises LabError."""

    def entered() -> _Result:
        enter(namespace)
        return function()

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(entered).result()


def _quieten() -> None:
    # A host that forwards passes that on to its namespaces. Here nobody but daemon and tester answers Echo packets.
    Path("/proc/sys/net/ipv4/ip_forward").write_text("0\n")
    for protocol, settings in _QUIET.items():
        for group in ("all", "default"):
            folder = Path("/proc/sys/net") / protocol / "conf" / group
            if not folder.exists():
                raise LabError("this kernel runs without IPv6, which the laboratory needs: boot without ipv6.disable=1")
            for name, value in settings.items():
                (folder / name).write_text(f"{value}\n")


def _forward() -> None:
    for family in ("ipv4", "ipv6"):
        Path(f"/proc/sys/net/{family}/conf/all/forwarding").write_text("1\n")
    for filtering in Path("/proc/sys/net/ipv4/conf").glob("*/rp_filter"):
        filtering.write_text("0\n")


def complete_checksums(interfaces: Iterable[str]) -> None:
    """Turn transmit checksum offload off: a veth never fills the sum in, and each captured packet would look wrong."""
    command = array.array("B", struct.pack("=II", _ETHTOOL_STXCSUM, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for interface in interfaces:
            request = struct.pack("16sP16x", interface.encode(), command.buffer_info()[0])
            fcntl.ioctl(control, _SIOCETHTOOL, request)
