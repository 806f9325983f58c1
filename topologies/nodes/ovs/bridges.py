"""What becomes of a place's interfaces when Open vSwitch takes them over.

An interface becomes a port of a bridge, and its addresses move to the bridge's own interface: this is how Open vSwitch
wants it. Each interface gets a bridge for itself, so nothing is switched from one to another.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from topologies.errors import LabError
from topologies.node import NodeError
from topologies.place import Place, run


def bridge(interface: str) -> str:
    """The name of an interface's bridge, which is also that of the bridge's own interface."""
    return f"br-{interface}"


def interfaces(place: Place) -> dict[str, str]:
    """The MAC address of each interface but the loopback, by its name. Raises NodeError."""
    return {link["ifname"]: link["address"] for link in _ip(place, "link") if link["link_type"] != "loopback"}


def commands(ports: Mapping[str, str]) -> list[str]:
    """Words for ovs-vsctl that give each port, with its MAC address, to a bridge."""
    words: list[str] = []
    for port, mac in ports.items():
        name = bridge(port)
        words += ["--", "add-br", name, "--", "set", "bridge", name, "datapath_type=netdev"]
        words += [f'other-config:hwaddr="{mac}"', "--", "add-port", name, port]
    return words


def move_in(place: Place, ports: Iterable[str]) -> None:
    """Give the bridges of the ports the ports' addresses. Raises NodeError.

    The kernel still gets a copy of what comes in over a port, and would answer, too. It drops these copies when it asks
    where their senders are: behind the bridge, since the addresses are there.
    """
    _move(place, {port: bridge(port) for port in ports})
    _filter_sources(place, ports, 1)


def move_out(place: Place, ports: Iterable[str]) -> None:
    """Give the ports their addresses back. Raises NodeError."""
    _filter_sources(place, ports, 0)
    _move(place, {bridge(port): port for port in ports})


def _filter_sources(place: Place, ports: Iterable[str], value: int) -> None:
    from topologies.netns import call_in  # noqa: PLC0415 - pyroute2 is there on Linux only

    def write() -> None:
        for port in ports:
            Path(f"/proc/sys/net/ipv4/conf/{port}/rp_filter").write_text(f"{value}\n")

    try:
        call_in(place.namespace, write)
    except (OSError, LabError) as error:
        raise NodeError(f"source filter in {place.namespace}: {error}") from error


def _move(place: Place, destinations: Mapping[str, str]) -> None:
    """Neighbours go before the addresses, with the last of which the kernel would forget them."""
    lines = [f"link set {destination} up" for destination in destinations.values()]
    for entry in _ip(place, "neigh", "show", "nud", "permanent"):
        if entry["dev"] in destinations:
            known = f"{entry['dst']} lladdr {entry['lladdr']} nud permanent dev"
            lines += [f"neigh del {entry['dst']} dev {entry['dev']}"]
            lines += [f"neigh replace {known} {destinations[entry['dev']]}"]
    for link in _ip(place, "addr"):
        if link["ifname"] in destinations:
            for each in link["addr_info"]:
                address = f"{each['local']}/{each['prefixlen']}"
                nodad = "nodad" if each["family"] == "inet6" else ""
                lines += [f"addr del {address} dev {link['ifname']}"]
                lines += [f"addr replace {address} dev {destinations[link['ifname']]} {nodad}"]
    done = run(place, ["ip", "-batch", "-"], stdin="\n".join(lines), network=True)
    if done.returncode != 0:
        raise NodeError(f"ip in {place.namespace}: {done.stderr.strip().splitlines()[0]}")


def _ip(place: Place, *words: str) -> list[dict[str, Any]]:
    done = run(place, ["ip", "-json", *words], network=True)
    if done.returncode != 0:
        raise NodeError(f"ip in {place.namespace}: {done.stderr.strip()}")
    return [entry for entry in json.loads(done.stdout or "[]") if entry]
