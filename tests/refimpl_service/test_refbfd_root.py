"""refbfd daemons on a real link: two network namespaces and a veth pair."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from refbfd_pair import End, Pair, Refbfd, set_mtu, udp_socket_in, wait_until

from refimpl.core.constants import State
from refimpl.core.packet import ControlPacket
from refimpl.wire.codec import decode, encode

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="needs the ip program of iproute2"),
]


@pytest.fixture
def two(pair: Pair, folder: Path) -> Iterator[tuple[Refbfd, Refbfd]]:
    """A daemon at each end, without sessions."""
    with Refbfd(pair.a.namespace, folder / "a") as a, Refbfd(pair.b.namespace, folder / "b") as b:
        yield a, b


def come_up(pair: Pair, two: tuple[Refbfd, Refbfd], *, kind: str = "single_hop", family: str = "ipv4") -> None:
    """Session "s" at both ends, Up at the fast rate."""
    for daemon, here, there in ((two[0], pair.a, pair.b), (two[1], pair.b, pair.a)):
        interface = here.interface if kind == "single_hop" else ""
        daemon.add("s", getattr(here, family), getattr(there, family), kind=kind, interface=interface)
    for daemon in two:
        daemon.wait_for("s", state="up", remote_state="up", transmit_interval_us=50_000, detection_time_us=150_000)


@pytest.mark.parametrize("kind", ["single_hop", "multi_hop"])
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_two_daemons_come_up(pair: Pair, two: tuple[Refbfd, Refbfd], kind: str, family: str) -> None:
    come_up(pair, two, kind=kind, family=family)
    view, other = two[0].show("s"), two[1].show("s")
    assert (view["name"], view["peer"], view["local"]) == ("s", getattr(pair.b, family), getattr(pair.a, family))
    assert (view["type"], view["interface"]) == (kind, pair.a.interface if kind == "single_hop" else "")
    assert (view["local_diag"], view["remote_diag"]) == (0, 0)
    assert view["local_discriminator"] == other["remote_discriminator"] != 0
    assert min(view["counters"]["transmitted"], view["counters"]["received"]) > 0


def test_link_local_addresses(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    come_up(pair, two, family="link_local")


def test_sessions_of_the_file_start_with_the_daemon(pair: Pair, folder: Path) -> None:
    def config(here: End, there: End) -> str:
        times = "desired_min_tx: 50ms, required_min_rx: 50ms"
        return f"sessions: [{{peer: {there.ipv4}, local: {here.ipv4}, interface: {here.interface}, {times}}}]"

    with (
        Refbfd(pair.a.namespace, folder / "a", config(pair.a, pair.b)) as a,
        Refbfd(pair.b.namespace, folder / "b", config(pair.b, pair.a)),
    ):
        a.wait_for(f"{pair.b.ipv4}%{pair.a.interface}", state="up")


def test_sigterm_tells_the_peer_and_stays_for_a_detection_time(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    come_up(pair, two)
    status = two[0].end(signal.SIGTERM)
    assert status == 0
    assert not two[0].socket.exists()
    two[1].wait_for("s", state="down", local_diag=3, remote_diag=7, remote_state="admin_down")
    disabled = next(record for record in two[0].records() if record.get("new") == "AdminDown")
    assert (disabled["old"], disabled["diag"], disabled["session"]) == ("Up", 7, "s")


def answer_until_up(peer: socket.socket, daemon: Refbfd) -> None:
    """A scripted far end brings the daemon's session "s" Up."""
    view = daemon.show("s")
    packet = ControlPacket(
        state=State.INIT, my_discriminator=7, your_discriminator=view["local_discriminator"], detect_mult=50
    )
    peer.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
    peer.sendto(encode(packet), (view["local"], 3784))
    daemon.wait_for("s", state="up")


def slow_session(daemon: Refbfd, pair: Pair, detect_mult: int) -> None:
    """Session "s" at 1 s."""
    where = ["--peer", pair.b.ipv4, "--local", pair.a.ipv4, "--type", "single_hop"]
    timers = ["--desired-min-tx", "1s", "--required-min-rx", "1s", "--detect-mult", str(detect_mult)]
    daemon.obey("add", "s", *where, *timers)


def test_admin_down_is_repeated_during_a_detection_time(pair: Pair, folder: Path) -> None:
    with udp_socket_in(pair.b.namespace) as peer, Refbfd(pair.a.namespace, folder / "a") as daemon:
        peer.bind((pair.b.ipv4, 3784))
        slow_session(daemon, pair, detect_mult=2)
        answer_until_up(peer, daemon)
        assert daemon.end(signal.SIGTERM) == 0
        peer.setblocking(False)
        packets = []
        with suppress(BlockingIOError):
            while True:
                packets.append(decode(peer.recv(100)))
    last_words = [
        packet for packet in packets if isinstance(packet, ControlPacket) and packet.state == State.ADMIN_DOWN
    ]
    assert len(last_words) >= 2
    assert {packet.diag for packet in last_words} == {7}


def test_a_second_signal_ends_at_once(pair: Pair, folder: Path) -> None:
    with (
        udp_socket_in(pair.b.namespace) as peer,
        Refbfd(pair.a.namespace, folder / "a", "shutdown_linger: 600s") as daemon,
    ):
        peer.bind((pair.b.ipv4, 3784))
        slow_session(daemon, pair, detect_mult=200)
        answer_until_up(peer, daemon)
        daemon.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "AdminDown" in daemon.log.read_text(), "the first signal to be obeyed")
        assert daemon.process.poll() is None
        assert daemon.end(signal.SIGINT) == 0


def test_the_time_of_last_words_is_bounded(pair: Pair, folder: Path) -> None:
    with (
        udp_socket_in(pair.b.namespace) as peer,
        Refbfd(pair.a.namespace, folder / "a", "shutdown_linger: 0ms") as daemon,
    ):
        peer.bind((pair.b.ipv4, 3784))
        slow_session(daemon, pair, detect_mult=200)
        answer_until_up(peer, daemon)
        assert daemon.end(signal.SIGTERM) == 0


def test_a_killed_peer_is_detected(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    come_up(pair, two)
    two[1].end(signal.SIGKILL)
    two[0].wait_for("s", state="down", local_diag=1)


def test_a_killed_daemon_can_start_again(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    come_up(pair, two)
    two[0].end(signal.SIGKILL)
    assert two[0].socket.exists()
    with Refbfd(pair.a.namespace, two[0].folder) as again:
        again.add("s", pair.a.ipv4, pair.b.ipv4)
        again.wait_for("s", state="up")


def test_new_timers_are_in_force_after_a_poll(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    come_up(pair, two)
    two[0].obey("set", "s", "--desired-min-tx", "80ms", "--required-min-rx", "70ms", "--detect-mult", "5")
    two[0].wait_for("s", transmit_interval_us=80_000, detection_time_us=3 * 70_000)
    two[1].wait_for("s", transmit_interval_us=70_000, detection_time_us=5 * 80_000)
    assert two[0].show("s")["state"] == "up"


def test_administrative_down_and_up(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    come_up(pair, two)
    two[0].obey("admin", "s", "down")
    assert two[0].show("s")["state"] == "admin_down"
    two[1].wait_for("s", state="down", local_diag=3)
    two[0].obey("admin", "s", "up")
    two[1].wait_for("s", state="up")


def test_demand_mode_at_both_ends_and_a_peer_that_is_gone(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    come_up(pair, two)
    refused = two[0].ctl("verify", "other")
    assert (refused.returncode, refused.stderr) == (1, "refbfdctl: no session 'other'; there are: s\n")
    for daemon in two:
        daemon.obey("demand", "s", "on")
    for daemon in two:
        daemon.wait_for("s", demand=True, demand_active=True, remote_demand_active=True)
    os.kill(two[1].process.pid, signal.SIGSTOP)
    try:
        before = two[0].show("s")["counters"]["transmitted"]
        two[0].obey("verify", "s")
        two[0].wait_for("s", state="down", local_diag=1, demand=True, demand_active=False)
        assert two[0].show("s")["counters"]["transmitted"] > before
    finally:
        os.kill(two[1].process.pid, signal.SIGCONT)
    for daemon in two:
        daemon.wait_for("s", state="up", demand_active=True, remote_demand_active=True)
    two[0].obey("demand", "s", "off")
    two[1].wait_for("s", remote_demand_active=False)


def test_remove_tells_the_peer_and_forgets(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    come_up(pair, two)
    two[0].obey("remove", "s")
    two[1].wait_for("s", state="down", local_diag=3)
    done = two[0].ctl("show", "s")
    assert (done.returncode, done.stderr) == (1, "refbfdctl: no session 's'; there are: none\n")


def test_duplicates_are_refused(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    two[0].add("s", pair.a.ipv4, pair.b.ipv4)
    timers = ["--desired-min-tx", "1s", "--required-min-rx", "1s", "--detect-mult", "3"]
    where = ["--local", pair.a.ipv4, "--type", "single_hop"]
    same_name = two[0].ctl("add", "s", "--peer", "10.99.0.3", *where, *timers)
    same_session = two[0].ctl("add", "t", "--peer", pair.b.ipv4, *where, *timers)
    assert (same_name.returncode, same_session.returncode) == (1, 1)
    assert "session 's' exists already" in same_name.stderr
    assert "session 't': the same type (single_hop), peer (10.99.0.2)" in same_session.stderr
    assert "as session 's'; allowed is the same desired_min_tx, too" in same_session.stderr


def test_a_shared_session_goes_with_its_last_client(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    come_up(pair, two)
    discriminator = two[1].show("s")["remote_discriminator"]
    two[0].add("t", pair.a.ipv4, pair.b.ipv4, interface=pair.a.interface)
    assert two[0].show("t")["local_discriminator"] == discriminator
    two[0].obey("remove", "s")
    assert two[0].show("t")["state"] == "up"
    two[0].obey("admin", "t", "down")
    two[1].wait_for("s", state="down", local_diag=3)
    two[0].obey("admin", "t", "up")
    two[1].wait_for("s", state="up", remote_discriminator=discriminator)
    two[0].obey("remove", "t")
    two[1].wait_for("s", state="down", local_diag=3)


def test_signalled_discriminators(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    timers = ["--desired-min-tx", "50ms", "--required-min-rx", "50ms", "--detect-mult", "3"]
    ends = (two[0], pair.a, pair.b, "7", "8"), (two[1], pair.b, pair.a, "8", "7")
    for daemon, here, there, ours, theirs in ends:
        signalled = ["--local-discriminator", ours, "--remote-discriminator", theirs]
        where = ["--peer", there.ipv4, "--local", here.ipv4, "--type", "multi_hop"]
        daemon.obey("add", "s", *where, *timers, *signalled)
    two[0].wait_for("s", state="up", local_discriminator=7, remote_discriminator=8)
    taken = ["--peer", "10.99.0.3", "--local", pair.a.ipv4, "--type", "multi_hop", "--local-discriminator", "7"]
    refused = two[0].ctl("add", "t", *taken, *timers)
    assert refused.returncode == 1
    assert (
        "session 't': local discriminator 7 is another session's; allowed is one that is not in use" in refused.stderr
    )


def test_the_two_ends_of_a_unidirectional_link(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    two[0].add("s", pair.a.ipv4, pair.b.ipv4, kind="unidirectional_sender", interface=pair.a.interface)
    two[1].add("s", pair.b.ipv4, pair.a.ipv4, kind="unidirectional_receiver", interface=pair.b.interface)
    for daemon in two:
        daemon.wait_for("s", state="up", remote_state="up")


def test_watch_streams_changes(pair: Pair, two: tuple[Refbfd, Refbfd]) -> None:
    come_up(pair, two)
    command = [sys.executable, "-m", "refimpl.service.ctl", "--socket", str(two[0].socket), "--json", "watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        # Nothing says when the watcher listens, so changes go on until one is seen.
        os.set_blocking(watch.stdout.fileno(), False)
        lines: list[str] = []

        def one_more_change_was_seen() -> bool:
            two[0].obey("admin", "s", "down")
            two[0].obey("admin", "s", "up")
            lines.extend(line for line in iter(watch.stdout.readline, "") if watch.stdout is not None)
            return bool(lines)

        wait_until(one_more_change_was_seen, "a change to be streamed")
        watch.send_signal(signal.SIGINT)
        assert watch.wait() == 0
    change = json.loads(lines[0])
    assert (change["session"], change["new"]) in {("s", "AdminDown"), ("s", "Down")}


def test_only_the_owner_may_command(two: tuple[Refbfd, Refbfd]) -> None:
    assert stat.S_IMODE(two[0].socket.stat().st_mode) == 0o600


def test_a_second_daemon_on_the_same_socket_is_refused(pair: Pair, folder: Path, two: tuple[Refbfd, Refbfd]) -> None:
    second = Refbfd(pair.b.namespace, folder / "second")
    second.socket = two[0].socket
    second.start()
    assert second.process.wait(15) == 3
    assert "another refbfd answers there" in second.log.read_text()
    assert two[0].ctl("show").returncode == 0


@pytest.mark.parametrize(
    ("session", "problem"),
    [
        ("{peer: 10.99.0.2, local: 10.99.0.77}", "cannot send from 10.99.0.77: not an address of this system"),
        ("{peer: 10.99.0.2, local: 10.99.0.1, interface: nosuch0}", "interface 'nosuch0' does not exist"),
    ],
)
def test_what_cannot_start_is_status_3(pair: Pair, folder: Path, session: str, problem: str) -> None:
    daemon = Refbfd(pair.a.namespace, folder / "a", f"sessions: [{session}]")
    daemon.start()
    assert daemon.process.wait(15) == 3
    (line,) = daemon.log.read_text().splitlines()
    assert line.startswith("refbfd: session '10.99.0.2")
    assert problem in line
    assert not daemon.socket.exists()


def test_a_port_that_is_taken_is_status_3(pair: Pair, folder: Path) -> None:
    session = f"{{peer: {pair.b.ipv4}, local: {pair.a.ipv4}}}"
    daemon = Refbfd(pair.a.namespace, folder / "a", f"sessions: [{session}]")
    with udp_socket_in(pair.a.namespace) as other:
        other.bind(("0.0.0.0", 3784))
        daemon.start()
        assert daemon.process.wait(15) == 3
    assert "UDP port 3784 over IPv4: the port is taken by another program" in daemon.log.read_text()


def test_source_port_and_ttl_on_the_wire(pair: Pair, folder: Path) -> None:
    """Every packet of a session comes from one port in range, with TTL 255 and network control's traffic class."""
    with udp_socket_in(pair.b.namespace) as peer, Refbfd(pair.a.namespace, folder / "a") as daemon:
        peer.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
        peer.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        peer.bind((pair.b.ipv4, 3784))
        daemon.add("s", pair.a.ipv4, pair.b.ipv4)
        seen = set()
        for verb in ("down", "up", "down", "up"):
            payload, ancillary, _, sender = peer.recvmsg(100, 100)
            octets = {kind: data[0] for _, kind, data in ancillary}
            seen.add((sender[1], octets[socket.IP_TTL], octets[socket.IP_TOS]))
            assert isinstance(decode(payload), ControlPacket)
            daemon.obey("admin", "s", verb)
        ((source_port, ttl, traffic_class),) = seen
        assert 49152 <= source_port <= 65535
        assert source_port == daemon.show("s")["source_port"]
        assert (ttl, traffic_class) == (255, 0xC0)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_padded_session_is_down_while_the_link_is_too_narrow(
    pair: Pair, two: tuple[Refbfd, Refbfd], family: str
) -> None:
    """RFC 9764 section 4.4: packets are not fragmented, and what does not fit is missed."""
    a, b = two
    for daemon, here, there, options in ((a, pair.a, pair.b, ("--padded-pdu-size", "1400")), (b, pair.b, pair.a, ())):
        daemon.add("s", getattr(here, family), getattr(there, family), interface=here.interface, options=options)
        daemon.wait_for("s", padded_pdu_size=1400 if options else 0)
    a.wait_for("s", state="up", remote_state="up")
    set_mtu(pair.a, 1300)
    b.wait_for("s", state="down", local_diag=1)
    set_mtu(pair.a, 1500)
    b.wait_for("s", state="up", remote_state="up")
    assert "s: cannot send: larger than the MTU of the interface" in [record["message"] for record in a.records()]


def test_ttl_254_is_ignored(pair: Pair, folder: Path) -> None:
    with udp_socket_in(pair.b.namespace) as peer, Refbfd(pair.a.namespace, folder / "a") as daemon:
        peer.bind((pair.b.ipv4, 3784))
        daemon.add("s", pair.a.ipv4, pair.b.ipv4, interface=pair.a.interface)
        for ttl, discriminator in ((254, 1), (255, 2)):
            peer.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            peer.sendto(encode(ControlPacket(my_discriminator=discriminator)), (pair.a.ipv4, 3784))
        daemon.wait_for("s", state="init", remote_discriminator=2)
        counters = daemon.show("s")["counters"]
        assert (counters["received"], counters["discarded"]) == (1, 1)


def test_a_peer_where_nobody_listens_is_told_of_once(pair: Pair, folder: Path) -> None:
    with Refbfd(pair.a.namespace, folder / "a") as a:
        a.add("s", pair.a.ipv4, pair.b.ipv4)
        for _ in range(3):  # a packet each, and an ICMP error for each
            a.obey("admin", "s", "down")
            a.obey("admin", "s", "up")
        wait_until(lambda: a.show("s")["counters"]["transmit_failures"] >= 3, "ICMP errors")
        with Refbfd(pair.b.namespace, folder / "b") as b:
            b.add("s", pair.b.ipv4, pair.a.ipv4)
            a.wait_for("s", state="up")
        warnings = [record["message"] for record in a.records() if record["level"] == "warning"]
    assert warnings[:2] == [
        "s: cannot send: the peer answers that nobody listens (ICMP port unreachable)",
        "s: sending works again",
    ]
