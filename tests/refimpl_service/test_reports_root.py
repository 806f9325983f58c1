"""What an operator reports to refbfd while it runs, and how a session takes leave: two daemons on a real link."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from refbfd_pair import Pair, Refbfd, udp_socket_in, wait_until

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
    """A daemon at each end, session "s" Up between them."""
    with Refbfd(pair.a.namespace, folder / "a") as a, Refbfd(pair.b.namespace, folder / "b") as b:
        a.add("s", pair.a.ipv4, pair.b.ipv4)
        b.add("s", pair.b.ipv4, pair.a.ipv4)
        for daemon in (a, b):
            daemon.wait_for("s", state="up", remote_state="up", transmit_interval_us=50_000)
        yield a, b


@pytest.mark.parametrize(("word", "diag"), [("down", 6), ("reverse-down", 8)])
def test_a_concatenated_path(two: tuple[Refbfd, Refbfd], word: str, diag: int) -> None:
    here, there = two
    here.obey("path", "s", word)
    there.wait_for("s", remote_diag=diag, state="up")
    here.obey("path", "s", "up")
    there.wait_for("s", remote_diag=0, state="up")


def test_a_path_cannot_be_reported_to_a_session_that_is_down(two: tuple[Refbfd, Refbfd]) -> None:
    here, _ = two
    here.obey("admin", "s", "down")
    done = here.ctl("path", "s", "down")
    assert done.returncode == 1
    assert done.stderr == (
        "refbfdctl: session 's': the session is AdminDown; report the path again once it is Up (6.8.17)\n"
    )


def test_a_forwarding_plane_reset(two: tuple[Refbfd, Refbfd]) -> None:
    here, there = two
    here.obey("reset-forwarding", "s")
    there.wait_for("s", remote_diag=4)
    fallen = next(record for record in there.records() if record.get("new") == "Down")
    assert fallen["diag"] == 3
    assert fallen["shares_fate_with_control_plane"] is True
    here.wait_for("s", state="up", local_diag=4)


def test_holding_down(two: tuple[Refbfd, Refbfd]) -> None:
    here, there = two
    here.obey("hold", "s", "on")
    assert here.show("s")["state"] == "up"
    there.obey("admin", "s", "down")
    here.wait_for("s", state="down", held_down=True)
    there.obey("admin", "s", "up")
    there.wait_for("s", state="init")
    assert here.show("s")["state"] == "down"
    here.obey("hold", "s", "off")
    here.wait_for("s", state="up", held_down=False)


def test_congestion_is_announced_reported_and_over(two: tuple[Refbfd, Refbfd]) -> None:
    here, there = two
    here.obey("congestion", "s", "on")
    here.wait_for("s", state="up", slowed_by=2, transmit_interval_us=100_000)
    there.wait_for("s", state="up", transmit_interval_us=100_000, detection_time_us=300_000)
    here.obey("congestion", "s", "off")
    here.wait_for("s", state="up", slowed_by=1, transmit_interval_us=50_000)
    said = [record["message"] for record in here.records() if record.get("event") == "session:slowed"]
    assert said == [
        "s: congestion, intervals are 2 times those configured",
        "s: congestion is over, intervals are as configured",
    ]


def test_the_c_bits_are_shown(pair: Pair, folder: Path) -> None:
    timers = ["--desired-min-tx", "50ms", "--required-min-rx", "50ms", "--detect-mult", "3", "--type", "single_hop"]
    with Refbfd(pair.a.namespace, folder / "a") as here, Refbfd(pair.b.namespace, folder / "b") as there:
        where = ["--peer", pair.b.ipv4, "--local", pair.a.ipv4]
        here.obey("add", "s", *where, *timers, "--control-plane-independent")
        there.add("s", pair.b.ipv4, pair.a.ipv4)
        here.wait_for("s", state="up", control_plane_independent=True, remote_control_plane_independent=False)
        there.wait_for("s", state="up", control_plane_independent=False, remote_control_plane_independent=True)


# ------------------------------------------------------------------ a far end that is typed by hand


def up_with(peer: socket.socket, pair: Pair, daemon: Refbfd, *options: str, kind: str = "single_hop") -> None:
    """Session "s" at 1 s, Up with a far end whose port is that of `peer`."""
    where = ["--peer", pair.b.ipv4, "--local", pair.a.ipv4, "--type", kind]
    timers = ["--desired-min-tx", "1s", "--required-min-rx", "1s", "--detect-mult", "3"]
    daemon.obey("add", "s", *where, *timers, *options)
    say(peer, daemon, state=State.INIT)
    daemon.wait_for("s", state="up")


def say(peer: socket.socket, daemon: Refbfd, **fields: int) -> None:
    view = daemon.show("s")
    values = {"my_discriminator": 7, "your_discriminator": view["local_discriminator"], "detect_mult": 50}
    port = 3784 if view["type"] == "single_hop" else 4784
    peer.sendto(encode(ControlPacket(**(values | fields))), (view["local"], port))  # type: ignore[arg-type]


def hear(peer: socket.socket) -> ControlPacket:
    packet = decode(peer.recv(100))
    assert isinstance(packet, ControlPacket)
    return packet


@pytest.fixture
def scripted(pair: Pair, folder: Path) -> Iterator[tuple[socket.socket, Refbfd]]:
    with udp_socket_in(pair.b.namespace) as peer, Refbfd(pair.a.namespace, folder / "a") as daemon:
        peer.bind((pair.b.ipv4, 3784))
        peer.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        yield peer, daemon


def test_a_removed_session_says_so_for_a_detection_time(pair: Pair, scripted: tuple[socket.socket, Refbfd]) -> None:
    peer, daemon = scripted
    up_with(peer, pair, daemon)
    daemon.obey("remove", "s")
    assert daemon.ctl("show", "s").returncode == 1
    last_words = 0
    while last_words < 3:  # in 3 s, at the slow rate: the one at once, and two or three more
        last_words += hear(peer).state == State.ADMIN_DOWN
    peer.settimeout(3)
    with pytest.raises(TimeoutError):
        while True:
            assert hear(peer).state == State.ADMIN_DOWN


def test_at_once_means_a_single_word(pair: Pair, scripted: tuple[socket.socket, Refbfd]) -> None:
    peer, daemon = scripted
    up_with(peer, pair, daemon)
    daemon.obey("remove", "s", "--at-once")
    while hear(peer).state != State.ADMIN_DOWN:
        pass
    peer.settimeout(2)
    with pytest.raises(TimeoutError):
        hear(peer)


def test_at_once_ends_a_leave_that_is_being_taken(pair: Pair, scripted: tuple[socket.socket, Refbfd]) -> None:
    peer, daemon = scripted
    up_with(peer, pair, daemon)
    daemon.obey("remove", "s")
    daemon.obey("remove", "s", "--at-once")
    while hear(peer).state != State.ADMIN_DOWN:
        pass
    peer.settimeout(2)
    with pytest.raises(TimeoutError):
        hear(peer)
    assert daemon.ctl("remove", "s", "--at-once").returncode == 1


def test_a_new_session_takes_the_place_of_one_that_is_leaving(
    pair: Pair, scripted: tuple[socket.socket, Refbfd]
) -> None:
    peer, daemon = scripted
    up_with(peer, pair, daemon)
    daemon.obey("remove", "s")
    daemon.add("s", pair.a.ipv4, pair.b.ipv4)
    say(peer, daemon, state=State.DOWN, your_discriminator=0)
    daemon.wait_for("s", state="init")


def test_a_least_ttl_of_multihop_packets(pair: Pair, folder: Path) -> None:
    with udp_socket_in(pair.b.namespace) as peer, Refbfd(pair.a.namespace, folder / "a") as daemon:
        peer.bind((pair.b.ipv4, 4784))
        peer.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 250)
        up_with(peer, pair, daemon, "--min-ttl", "250", kind="multi_hop")
        peer.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 249)
        say(peer, daemon, state=State.DOWN)
        wait_until(lambda: daemon.show("s")["counters"]["discarded"] == 1, "the packet from too far away")
        assert daemon.show("s")["state"] == "up"
