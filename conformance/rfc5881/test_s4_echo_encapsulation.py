"""RFC 5881 section 4: how Echo packets are addressed."""

from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_interface

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.echo import SeenEcho, echo_in_words
from conformance.bench.echo_scenario import (
    ECHO_US,
    echoes,
    find_echo,
    sending,
    willing,
)
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US, announce
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import PORT_ECHO
from topologies.node import Capability

SEND_4, SEND_6 = [Capability.ECHO_SEND, Capability.IPV4], [Capability.ECHO_SEND, Capability.IPV6]
GROUP_BIT = 0x01


def sent_by_target(bench: Bench, family: int) -> list[SeenEcho]:
    """Echo packets of a second."""
    puppet = sending(bench, family)
    bench.elapse(SLOW_US)
    return echoes(bench, puppet)


def every_echo(
    bench: Bench, packets: Sequence[SeenEcho], holds: Callable[[SeenEcho], bool], expected: str, seen: str
) -> None:
    """Judge each Echo packet."""
    wrong = [each for each in packets if not holds(each)]
    bench.check(
        not wrong,
        expected=f"{expected} in each of {len(packets)} Echo packets",
        actual=f"frame {wrong[0].frame}: {echo_in_words(wrong[0])}{seen.format(wrong[0])}" if wrong else "",
        frames=wrong[:5],
    )


@cases(
    Row("5881-4-171", ["5881-4-r10"], {"family": 4}, SEND_4),
    Row("5881-4-172", ["5881-4-r10"], {"family": 6}, SEND_6),
)
def test_destination_port(bench: Bench, family: int) -> None:
    """On IPv{family} Echo packets go to UDP port 3785."""
    puppet = willing(bench, family)
    told = announce(bench, puppet, required_min_echo_rx_us=ECHO_US)
    bench.elapse(SLOW_US)
    packets = [*echoes(bench, puppet, told.time_us), *(each for each in bench.echo.strays if each.family == family)]
    if not packets:
        raise Inconclusive("the target sends nothing that could be an Echo packet")
    every_echo(bench, packets, lambda each: each.datagram.destination_port == PORT_ECHO, "port 3785", "")


@cases(
    Row("5881-4-173", ["5881-4-r13"], {"family": 4}, SEND_4),
    Row("5881-4-174", ["5881-4-r13"], {"family": 6}, SEND_6),
)
def test_destination_address(bench: Bench, family: int) -> None:
    """On IPv{family} the destination of Echo packets is not the far end, which would keep them."""
    puppet = willing(bench, family)
    told = announce(bench, puppet, required_min_echo_rx_us=ECHO_US)
    if find_echo(bench, puppet, told.time_us, SLOW_WAIT_US) is None:
        raise Inconclusive("the target sends no Echo packet")
    every_echo(
        bench,
        echoes(bench, puppet, told.time_us),
        lambda each: each.datagram.destination != puppet.local,
        "a destination other than the far end's own address",
        "",
    )


@cases(
    Row("5881-4-175", ["5881-4-r15"], {"family": 4}, SEND_4),
    Row("5881-4-176", ["5881-4-r15"], {"family": 6}, SEND_6),
)
def test_source_address_is_no_neighbour(bench: Bench, family: int) -> None:
    """On IPv{family} the source of Echo packets is not of the subnet of the link."""
    link = bench.wire.links[0]
    subnet = ip_interface(f"{link.tester_addresses[family]}/{link.prefix_lengths[family]}").network
    every_echo(
        bench,
        sent_by_target(bench, family),
        lambda each: ip_address(each.datagram.source) not in subnet,
        f"a source address that is not in {subnet}",
        "",
    )


@case("5881-4-177", judges=["5881-4-r16"], needs=SEND_6)
def test_source_address_is_not_link_local(bench: Bench) -> None:
    """The source of Echo packets is no IPv6 link-local address."""
    every_echo(
        bench,
        sent_by_target(bench, 6),
        lambda each: not ip_address(each.datagram.source).is_link_local,
        "a source address that is not link-local",
        "",
    )


@case("5881-4-178", judges=["5881-4-r18"], needs=SEND_4)
def test_data_link_destination(bench: Bench) -> None:
    """The data-link destination of Echo packets is that of the far end."""
    mac = bench.wire.links[0].tester_mac
    packets = unlooped(bench)
    every_echo(bench, packets, lambda each: each.destination_mac == mac, f"data-link destination {mac}", TO)


@case("5881-4-179", judges=["5881-4-r17"], needs=SEND_4)
def test_the_far_end_receives_them(bench: Bench) -> None:
    """Echo packets reach the far end: their data-link destination is its own or a group's, and their TTL is not 0."""
    mac = bench.wire.links[0].tester_mac
    every_echo(
        bench,
        unlooped(bench),
        lambda each: (
            (each.destination_mac == mac or bool(int(each.destination_mac[:2], 16) & GROUP_BIT))
            and each.datagram.ttl > 0
        ),
        "a data-link destination and a TTL with which they are received",
        TO,
    )


TO = ", to data-link address {0.destination_mac}"


def unlooped(bench: Bench) -> list[SeenEcho]:
    """Echo packets that nobody may have got, so that a session which fails for that is no matter."""
    puppet = willing(bench, 4)
    told = announce(bench, puppet, required_min_echo_rx_us=ECHO_US)
    bench.elapse(SLOW_US)
    packets = echoes(bench, puppet, told.time_us)
    if not packets:
        raise Inconclusive("the target sends no Echo packet")
    return packets
