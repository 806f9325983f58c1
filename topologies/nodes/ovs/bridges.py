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
    """The MAC address of each interface by its name, without the loopback and what programs made: the kernel may still
    be removing the bridges of an instance that crashed. Raises NodeError."""
    return {
        link["ifname"]: link["address"]
        for link in _ip(place, "-details", "link")
        if link["link_type"] != "loopback" and link.get("linkinfo", {}).get("info_kind") != "tun"
    }


def commands(ports: Mapping[str, str]) -> list[str]:
    """Words for ovs-vsctl that give each port, with its MAC address, to a bridge."""
    words: list[str] = []
    for port, mac in ports.items():
        name = bridge(port)
        words += ["--", "add-br", name, "--", "set", "bridge", name, "datapath_type=netdev"]
        words += [f'other-config:hwaddr="{mac}"', "--", "add-port", name, port]
    return words


def move_in(place: Place, ports: Iterable[str]) -> None:
    """Give the bridges of the ports the ports' addresses and permanent neighbours. Raises NodeError.

    The kernel still gets a copy of what comes in over a port, and would answer, too. It drops these copies when it asks
    where their senders are: behind the bridge, since the addresses are there.
    """
    found = [*_neighbours(place, ports), *_addresses(place, ports)]
    moves = [f"link set {bridge(port)} up" for port in ports]
    for port, remove, restore in found:
        moves += [f"{remove} dev {port}", f"{restore} dev {bridge(port)}"]
    _way_back(place).write_text("".join(f"{restore} dev {port}\n" for port, _, restore in found), encoding="utf-8")
    _batch(place, "\n".join(moves))
    _filter_sources(place, ports, 1)


def move_out(place: Place, ports: Iterable[str]) -> None:
    """Give the ports back what they had, when the bridges are gone. Raises NodeError."""
    _filter_sources(place, ports, 0)
    _batch(place, _way_back(place).read_text(encoding="utf-8"))


def _way_back(place: Place) -> Path:
    """Commands that are kept, since the bridges may end in a crash, and all that they had with them."""
    return place.folder / "addresses.batch"


def _neighbours(place: Place, ports: Iterable[str]) -> list[tuple[str, str, str]]:
    """Port, and commands that remove and restore, of each permanent neighbour. They have to go before the addresses,
    with the last of which the kernel forgets them."""
    return [
        (
            entry["dev"],
            f"neigh del {entry['dst']}",
            f"neigh replace {entry['dst']} lladdr {entry['lladdr']} nud permanent",
        )
        for entry in _ip(place, "neigh", "show", "nud", "permanent")
        if entry["dev"] in ports
    ]


def _addresses(place: Place, ports: Iterable[str]) -> list[tuple[str, str, str]]:
    """The same of each address, which nobody has to ask for again."""
    return [
        (link["ifname"], f"addr del {address}", f"addr replace {address} {'nodad' if ':' in address else ''}")
        for link in _ip(place, "addr")
        if link["ifname"] in ports
        for address in (f"{each['local']}/{each['prefixlen']}" for each in link["addr_info"])
    ]


def _filter_sources(place: Place, ports: Iterable[str], value: int) -> None:
    from topologies.netns import call_in  # noqa: PLC0415 - pyroute2 is there on Linux only

    def write() -> None:
        for port in ports:
            Path(f"/proc/sys/net/ipv4/conf/{port}/rp_filter").write_text(f"{value}\n")

    try:
        call_in(place.namespace, write)
    except (OSError, LabError) as error:
        raise NodeError(f"source filter in {place.namespace}: {error}") from error


def _batch(place: Place, lines: str) -> None:
    done = run(place, ["ip", "-batch", "-"], stdin=lines, network=True)
    if done.returncode != 0:
        raise NodeError(f"ip in {place.namespace}: {done.stderr.strip().splitlines()[0]}")


def _ip(place: Place, *words: str) -> list[dict[str, Any]]:
    done = run(place, ["ip", "-json", *words], network=True)
    if done.returncode != 0:
        raise NodeError(f"ip in {place.namespace}: {done.stderr.strip()}")
    return [entry for entry in json.loads(done.stdout or "[]") if entry]
