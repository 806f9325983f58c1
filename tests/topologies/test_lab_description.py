"""The plan of a laboratory: distinct, within the kernel's limits, the same for every reader."""

from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path

import pytest

from topologies.description import (
    IPV4_PREFIX,
    IPV6_PREFIX,
    MAX_LINKS_PER_SLOT,
    MAX_SLOTS,
    NEIGHBOURS,
    LabDescription,
    Link,
    neighbour,
    plan,
)
from topologies.errors import LabError

LARGEST = plan("a" * 24, MAX_SLOTS, MAX_LINKS_PER_SLOT, Path("/run/bfdspec/x"))
LINKS = [link for slot in LARGEST.slots for link in slot.links]


def test_description_survives_json() -> None:
    lab = plan("run-1", 3, 2, Path("/run/bfdspec/run-1"))
    assert LabDescription.model_validate_json(lab.model_dump_json()) == lab


def test_shape_follows_the_counts() -> None:
    lab = plan("run-1", 3, 2, Path("/run/bfdspec/run-1"))
    assert [slot.index for slot in lab.slots] == [0, 1, 2]
    assert all(len(slot.links) == 2 for slot in lab.slots)
    assert (lab.tester_namespace, lab.target_namespace) == ("bfds-run-1-tester", "bfds-run-1-target")


def test_addresses_of_a_link() -> None:
    assert plan("r", 4, 2, Path("/x")).slots[3].links[1].model_dump(exclude={"tester_mac", "target_mac"}) == {
        "tester_interface": "tester3-1",
        "target_interface": "target3-1",
        "tester_ipv4": "10.203.3.17",
        "target_ipv4": "10.203.3.18",
        "tester_ipv6": "fd00:bfd:3:1::1",
        "target_ipv6": "fd00:bfd:3:1::2",
        "tester_link_local": "fe80::bfd:1",
        "target_link_local": "fe80::bfd:2",
    }


@pytest.mark.parametrize(
    ("version", "prefix"), [pytest.param("ipv4", IPV4_PREFIX, id="ipv4"), pytest.param("ipv6", IPV6_PREFIX, id="ipv6")]
)
def test_each_link_is_a_subnet_of_its_own(version: str, prefix: int) -> None:
    def subnet(link: Link, side: str) -> object:
        return ip_network(f"{getattr(link, f'{side}_{version}')}/{prefix}", strict=False)

    assert len({subnet(link, "tester") for link in LINKS}) == len(LINKS)
    assert all(subnet(link, "tester") == subnet(link, "target") for link in LINKS)
    assert all(getattr(link, f"tester_{version}") != getattr(link, f"target_{version}") for link in LINKS)


def test_interface_names_fit_the_kernel_and_are_distinct() -> None:
    names = [name for link in LINKS for name in (link.tester_interface, link.target_interface)]
    assert max(map(len, names)) <= 15
    assert len(set(names)) == len(names)


def test_macs_are_unicast_local_distinct_and_follow_the_run() -> None:
    macs = [mac for link in LINKS for mac in (link.tester_mac, link.target_mac)]
    assert all(int(mac[:2], 16) & 0b11 == 0b10 for mac in macs)
    assert len(set(macs)) == len(macs)
    first, again, other = (plan(run, 1, 1, Path("/x")).slots[0].links[0].tester_mac for run in ("a", "a", "b"))
    assert first == again != other


@pytest.mark.parametrize(
    ("run_id", "slots", "links", "complaint"),
    [
        ("", 1, 1, "run id ''"),
        ("Upper", 1, 1, "run id 'Upper'"),
        ("../etc", 1, 1, "run id '../etc'"),
        ("a" * 25, 1, 1, "run id 'aaaaa"),
        ("r", 0, 1, "0 slots: 1 to 200"),
        ("r", MAX_SLOTS + 1, 1, "201 slots: 1 to 200"),
        ("r", 1, 0, "0 links per slot: 1 to 16"),
        ("r", 1, MAX_LINKS_PER_SLOT + 1, "17 links per slot: 1 to 16"),
    ],
)
def test_what_does_not_fit_is_refused(run_id: str, slots: int, links: int, complaint: str) -> None:
    with pytest.raises(LabError) as caught:
        plan(run_id, slots, links, Path("/x"))
    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_neighbours_are_further_addresses_of_the_subnet(family: str) -> None:
    link = plan("run", 2, 2, Path("/nowhere")).slots[1].links[1]
    tester, target = getattr(link, f"tester_{family}"), getattr(link, f"target_{family}")
    prefix = IPV4_PREFIX if family == "ipv4" else IPV6_PREFIX
    subnet = ip_interface(f"{tester}/{prefix}").network
    found = [neighbour(tester, number) for number in range(1, NEIGHBOURS + 1)]
    assert len({tester, target, str(ip_address(tester) + 2), *found}) == NEIGHBOURS + 3
    assert all(ip_address(each) in subnet and ip_address(each) != subnet.broadcast_address for each in found)


@pytest.mark.parametrize("number", [0, NEIGHBOURS + 1])
def test_there_are_no_other_neighbours(number: int) -> None:
    with pytest.raises(ValueError, match="there are 1 to"):
        neighbour("10.203.0.1", number)
