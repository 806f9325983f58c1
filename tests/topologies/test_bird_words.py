"""BIRD's words, without BIRD: the configuration it is given, what its control socket says, and how it is read."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from topologies.node import AuthSpec, BgpSpec, Key, NodeError, SessionSpec
from topologies.nodes.bird.adapter import bgp_view, view
from topologies.nodes.bird.configuration import Configuration, Neighbour
from topologies.nodes.bird.control import Control, Line, RefusedError
from topologies.nodes.bird.wishes import Wish, check

GOLDEN = Path(__file__).parent / "golden"
SPEC = SessionSpec(name="s1", peer="10.0.0.1", local="10.0.0.2", interface="eth0")
IPV6 = SessionSpec(name="s2", peer="fd00::1", local="fd00::2", interface="eth0", detect_mult=9, passive=True)
AUTH = AuthSpec(5, (Key(1, b"one"), Key(9, b"nine")), send=9)
MULTI_HOP = SessionSpec(name="s3", peer="10.9.9.9", local="10.0.0.2", interface="eth0", kind="multi_hop", auth=AUTH)

GREETING = "0001 BIRD 2.0.12 ready.\n"
SESSIONS = """\
1020-bfd4:
     IP address                Interface  State      Since         Interval  Timeout
     10.9.9.9                  ---        Init       11:38:23.002    1.000    0.000
     10.0.0.1                  eth0       Up         11:38:23.002    0.300    0.900
     10.0.0.1                  eth1       AdminDown  2026-11-20      0.300    0.900
 \n     bfd6:
     IP address                Interface  State      Since         Interval  Timeout
     fd00::1                   eth0       Sideways   11:38:23.003    1.000    0.000
     \n     peers:
     IP address                Interface  State      Since         Interval  Timeout
0000 \n"""


@pytest.fixture
def bird(tmp_path: Path) -> Iterator[Callable[..., Control]]:
    """Something behind a control socket that greets and gives an answer to each who comes."""
    path = tmp_path / "bird.ctl"
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen()
    server.settimeout(10)
    threads: list[threading.Thread] = []

    def answering(*answers: str, greeting: str = GREETING) -> Control:
        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(greeting.encode())
                    if connection.recv(1000):
                        connection.sendall(answer.encode())

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return Control(path)

    yield answering
    for thread in threads:
        thread.join()
    server.close()


def test_the_lines_of_an_answer_have_the_code_of_the_line_before(bird: Callable[..., Control]) -> None:
    assert bird("1000-first\n second\n1011-third\n0013 last\n").run("x") == [
        Line(1000, "first"),
        Line(1000, "second"),
        Line(1011, "third"),
        Line(13, "last"),
    ]


@pytest.mark.parametrize("code", ["8002", "9001"])
def test_refusals_are_raised(bird: Callable[..., Control], code: str) -> None:
    with pytest.raises(RefusedError, match=r"^bird\.conf:3:4 syntax error$"):
        bird(f"0002-Reading configuration\n{code} bird.conf:3:4 syntax error\n").run("configure")


@pytest.mark.parametrize("answer", ["", "1000-first\n", "1000-first\nsecond\n", " second\n"])
def test_a_cut_answer_is_no_answer(bird: Callable[..., Control], answer: str) -> None:
    with pytest.raises(NodeError, match="BIRD's answer is cut short or not BIRD's: "):
        bird(answer).run("x")


def test_somebody_else_behind_the_socket(bird: Callable[..., Control]) -> None:
    with pytest.raises(NodeError, match=r"is not BIRD's: it says 'smtp'"):
        bird("", greeting="0220 smtp\n").run("x")


def test_nobody_behind_the_socket(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"cannot connect to BIRD's socket .*/none: No such file"):
        Control(tmp_path / "none").run("x")


@pytest.mark.parametrize(
    ("spec", "state", "interval"),
    [
        (SPEC, "up", "0.300"),
        (replace(SPEC, interface="eth1"), "admin_down", "0.300"),
        (replace(SPEC, interface="eth2"), "absent", None),
        (replace(SPEC, kind="multi_hop"), "absent", None),
        (MULTI_HOP, "init", "1.000"),
        (replace(IPV6, peer="fd00:0::0:1"), "unknown", "1.000"),
    ],
)
def test_a_session_is_found_among_the_others(
    bird: Callable[..., Control], spec: SessionSpec, state: str, interval: str | None
) -> None:
    shown = view(spec, bird(SESSIONS).run("show bfd sessions"))
    assert (shown.state, shown.diag, shown.raw.get("interval")) == (state, None, interval)


OTHERS = {wish.key: wish for wish in (Wish(IPV6), Wish(MULTI_HOP), Wish(SPEC))}


@pytest.mark.parametrize(
    "changes",
    [
        {"peer": "10.0.0.3"},
        {"peer": "10.0.0.3", "interface": "eth1", "detect_mult": 4},
        {"peer": "10.0.0.3", "interface": "eth1", "detect_mult": 255, "required_min_rx_us": 0},
    ],
)
def test_what_bird_can_do_beside_the_others(changes: dict[str, Any]) -> None:
    check(Wish(replace(SPEC, **changes)), OTHERS)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"peer": "10.0.0.3", "detect_mult": 4}, "session s1 has other .* for IPv4 on eth0"),
        ({"peer": "10.0.0.3", "passive": True}, "session s1 has other .* for IPv4 on eth0"),
        ({"peer": "10.0.0.3", "desired_min_tx_us": 1}, "session s1 has other .* for IPv4 on eth0"),
        ({"peer": "10.0.0.3", "kind": "multi_hop", "detect_mult": 4}, "session s3 has other .* for IPv4 on multihop"),
        ({"peer": "fd00::3"}, "session s2 has other .* for IPv6 on eth0"),
        ({"peer": "10.0.0.3", "auth": AUTH}, "session s1 has other .* for IPv4 on eth0"),
        ({"auth": AuthSpec(1, (Key(1, b"x" * 17),), 1)}, "key 1 has 17 bytes: 1 to 16"),
        ({"auth": AuthSpec(4, (Key(1, b"x" * 21),), 1)}, "key 1 has 21 bytes: 1 to 20"),
        ({"auth": AuthSpec(1, (Key(1, b""),), 1)}, "key 1 has 0 bytes: 1 to 16"),
        ({"auth": AuthSpec(1, (Key(1, b'a"b'),), 1)}, "key 1: printable ASCII without quotation marks"),
        ({"auth": AuthSpec(1, (Key(1, b"a\nb"),), 1)}, "key 1: printable ASCII without quotation marks"),
        ({"auth": AuthSpec(1, (Key(1, b"\xff"),), 1)}, "key 1: printable ASCII without quotation marks"),
        ({"auth": AuthSpec(1, (Key(1, b"a"),), 2)}, "key 2 to send with: one of the session's keys"),
        ({"detect_mult": 0}, "Detect Mult of 0: 1 to 255"),
        ({"detect_mult": 256}, "Detect Mult of 256: 1 to 255"),
        ({"required_min_rx_us": -1}, "Required Min RX Interval of -1: 0 to 4294967295"),
        ({"desired_min_tx_us": 1 << 32}, "Desired Min TX Interval of 4294967296: 0 to 4294967295"),
    ],
)
def test_what_bird_would_do_otherwise_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(NodeError, match=complaint):
        check(Wish(replace(SPEC, **changes)), OTHERS)


def test_the_configuration(tmp_path: Path, bird: Callable[..., Control]) -> None:
    bird("0003 Reconfigured\n")
    configuration = Configuration(tmp_path, "run-1")
    configuration.create()
    with configuration.locked():
        configuration.apply({**OTHERS, Wish(SPEC).key: Wish(SPEC, disabled=True)})
    assert configuration.path.read_text() == (GOLDEN / "bird.conf").read_text()
    assert configuration.wishes()[Wish(SPEC).key] == Wish(SPEC, disabled=True)
    assert configuration.wishes()[Wish(MULTI_HOP).key].spec.auth == AUTH


def test_a_session_that_a_neighbour_asks_for_has_options_and_no_route(
    tmp_path: Path, bird: Callable[..., Control]
) -> None:
    bird("0003 Reconfigured\n", "0003 Reconfigured\n")
    configuration = Configuration(tmp_path, "run-1")
    configuration.create()
    wish, other = Wish(SPEC, asked=False), Wish(replace(SPEC, peer="10.0.0.3"))
    bgp = BgpSpec("a-b", SPEC.peer, SPEC.local, 64513, 64514, "192.0.2.1", 90, ("198.51.100.0/24", "203.0.113.0/25"))
    with configuration.locked():
        configuration.apply({wish.key: wish}, Neighbour(bgp, advised=True))
        configuration.apply({wish.key: wish, other.key: other})  # the neighbour stays
    text = configuration.path.read_text()
    assert text.count('interface "eth0" {') == 2
    assert f"via {SPEC.peer}%" not in text
    assert f"via {other.spec.peer}%" in text
    assert text[text.index("protocol static 'of-a-b'") :] == (GOLDEN / "bird_bgp.conf").read_text()


@pytest.mark.parametrize(
    ("told", "state"), [("Established", "established"), ("OpenSent", "opensent"), ("Down", "unknown")]
)
def test_the_state_of_a_neighbour(told: str, state: str) -> None:
    lines = ["bgp-a-b BGP --- up 18:22:59.662 Established", f"  BGP state:          {told}", "    Neighbor AS: 64514"]
    assert bgp_view([Line(1006, line) for line in lines], []).state == state


def test_the_routes_of_a_neighbour() -> None:
    lines = [
        "Table master4:",
        "203.0.113.0/24       unicast [bgp-a-b 18:22:59.662] * (100) [AS64514i]",
        "via 10.0.0.1 on eth0",
        "198.51.100.0/25      unicast [bgp-a-b 18:22:59.663] * (100) [AS64514i]",
        "",
    ]
    assert bgp_view([], [Line(1007, line) for line in lines]).routes == ("203.0.113.0/24", "198.51.100.0/25")


def test_files_with_keys_are_for_nobody_else(tmp_path: Path, bird: Callable[..., Control]) -> None:
    bird("0003 Reconfigured\n")
    configuration = Configuration(tmp_path, "run-1")
    configuration.create()
    with configuration.locked():
        configuration.apply(OTHERS)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.is_file()}
    assert modes == {"bird.conf": 0o600, "state.json": 0o600}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("8002 {folder}/bird.conf:1:2 no\n", r"^bird\.conf:1:2 no$"),
        ("0006 Reconfiguration ignored, shutting down\n", "^configure: Reconfiguration ignored, shutting down$"),
    ],
)
def test_a_refused_configuration_changes_nothing(
    tmp_path: Path, bird: Callable[..., Control], answer: str, said: str
) -> None:
    configuration = Configuration(tmp_path, "run-1")
    configuration.create()
    before = configuration.path.read_text()
    bird(answer.format(folder=tmp_path))
    with configuration.locked(), pytest.raises(NodeError, match=said):
        configuration.apply(OTHERS)
    assert (configuration.path.read_text(), configuration.wishes()) == (before, {})


def test_a_reconfiguration_that_takes_time_is_waited_for(tmp_path: Path, bird: Callable[..., Control]) -> None:
    bird("0004 Reconfiguration in progress\n", "0013 Reconfiguration in progress\n", "0013 Daemon is up and running\n")
    configuration = Configuration(tmp_path, "run-1")
    configuration.create()
    with configuration.locked():
        configuration.apply(OTHERS)
    assert configuration.wishes() == OTHERS


def test_no_neighbor_stays_for_three_configurations(tmp_path: Path, bird: Callable[..., Control]) -> None:
    """BIRD 3 ends when the state of its session changes then. One that stays for two keeps the session."""
    configuration = Configuration(tmp_path, "run-1")
    configuration.create()
    asking: list[set[str]] = []
    for _ in range(6):
        bird("0003 Reconfigured\n")
        with configuration.locked():
            configuration.apply({Wish(MULTI_HOP).key: Wish(MULTI_HOP)})
        protocols = configuration.path.read_text().split("protocol bfd ")
        asking.append({text.split()[0] for text in protocols if "\n  neighbor " in text})
    for before, now, after in zip(asking, asking[1:], asking[2:], strict=False):
        assert before & now
        assert not before & now & after
