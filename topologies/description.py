"""The plan of a laboratory: which namespaces, interfaces and addresses it has. Data only, nothing is made here.

One tester namespace, one target namespace, and between them slots; a slot is a set of links that one case has for
itself. Everything follows from the run id and the two counts, so neither side ever has to ask the other.
"""

import hashlib
import re
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from topologies.errors import LabError

MAX_SLOTS = 200
MAX_LINKS_PER_SLOT = 16

IPV4_PREFIX = 28
"""Room for addresses that neither side owns, as a stranger on the subnet would have."""
IPV6_PREFIX = 64

NEIGHBOURS = 4
"""Further addresses on the tester's side of each link that the target can send to, so that it can have several sessions
there at once."""

_RUN_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?")
_IPV4_LAB = IPv4Network("10.203.0.0/16")
_IPV6_LAB = IPv6Network("fd00:bfd::/32")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Link(_Model):
    """A veth pair and the addresses of its two ends. Prefix lengths are IPV4_PREFIX and IPV6_PREFIX.

    The link-local addresses are the same on all links, as routers' often are (fe80::1).
    """

    tester_interface: str
    target_interface: str
    tester_mac: str
    target_mac: str
    tester_ipv4: str
    target_ipv4: str
    tester_ipv6: str
    target_ipv6: str
    tester_link_local: str = "fe80::bfd:1"
    target_link_local: str = "fe80::bfd:2"


class Slot(_Model):
    """The links that belong to one case at a time."""

    index: int
    links: tuple[Link, ...]


class LabDescription(_Model):
    """Everything another process needs to work in a laboratory; survives `model_dump_json`.

    `folder` is the work folder: nodes keep their configuration, sockets and logs there, and it goes with the lab.
    """

    run_id: str
    tester_namespace: str
    target_namespace: str
    folder: Path
    slots: tuple[Slot, ...]


def check_run_id(run_id: str) -> None:
    """Raises LabError for what cannot be part of names of namespaces and files."""
    if not _RUN_ID.fullmatch(run_id):
        raise LabError(f"run id {run_id!r}: 1 to 24 of a-z, 0-9 and '-' are allowed, no '-' at either end")


def plan(run_id: str, slots: int, links_per_slot: int, folder: Path) -> LabDescription:
    """Lay out a laboratory on paper.

    `run_id` is 1 to 24 of a-z, 0-9 and '-'; `slots` 1 to MAX_SLOTS; `links_per_slot` 1 to MAX_LINKS_PER_SLOT. Raises
    LabError outside of these.
    """
    check_run_id(run_id)
    if not 1 <= slots <= MAX_SLOTS:
        raise LabError(f"{slots} slots: 1 to {MAX_SLOTS} are allowed")
    if not 1 <= links_per_slot <= MAX_LINKS_PER_SLOT:
        raise LabError(f"{links_per_slot} links per slot: 1 to {MAX_LINKS_PER_SLOT} are allowed")
    return LabDescription(
        run_id=run_id,
        tester_namespace=f"bfds-{run_id}-tester",
        target_namespace=f"bfds-{run_id}-target",
        folder=folder,
        slots=tuple(
            Slot(index=slot, links=tuple(_link(run_id, slot, link) for link in range(links_per_slot)))
            for slot in range(slots)
        ),
    )


def neighbour(tester: str, number: int) -> str:
    """The address of neighbour `number`, 1 to NEIGHBOURS, beside the tester's on the same link, for either family.

    The address next to the target's stays nobody's: a stranger on the subnet has it.
    """
    if not 1 <= number <= NEIGHBOURS:
        raise ValueError(f"neighbour {number}: there are 1 to {NEIGHBOURS}")
    return str(ip_address(tester) + 2 + number)


def _link(run_id: str, slot: int, link: int) -> Link:
    """Slot s, link l: 10.203.s.(16l)/28 and fd00:bfd:s:l::/64, the tester on .1 and ::1, the target on .2 and ::2."""
    ipv4 = _IPV4_LAB[slot * 256 + link * 16]
    ipv6 = _IPV6_LAB[(slot << 80) + (link << 64)]
    return Link(
        tester_interface=f"tester{slot}-{link}",
        target_interface=f"target{slot}-{link}",
        tester_mac=mac_address(run_id, slot, link, 1),
        target_mac=mac_address(run_id, slot, link, 2),
        tester_ipv4=str(ipv4 + 1),
        target_ipv4=str(ipv4 + 2),
        tester_ipv6=str(ipv6 + 1),
        target_ipv6=str(ipv6 + 2),
    )


def mac_address(run_id: str, *place: int) -> str:
    """A locally administered unicast address: 02, two bytes of the run id's hash, and three numbers that say where in
    the laboratory it is: slot, link and side, or network, node and 0."""
    run = hashlib.sha256(run_id.encode()).digest()[:2]
    return bytes([0x02, *run, *place]).hex(":")
