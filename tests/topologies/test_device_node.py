"""A device's verbs: the command lines that become of them, without a shell, and what is refused or undone."""

import ast
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from topologies.node import Capability, LackError, NodeError, SessionSpec
from topologies.nodes.device.description import Device
from topologies.nodes.device.node import DeviceNode

USUAL = SessionSpec("s1", "192.0.2.1", "192.0.2.2", "ge-0/0/1")
TIMERS = "{desired_min_tx_ms} {required_min_rx_us} {detect_mult}"
NOTE = f'{sys.executable} -c \'import sys; print(sys.argv[1:], file=open("words", "a"))\''


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def device(
    *, by_hand: bool = False, limit: str = "10s", lacks: dict[str, str] | None = None, **commands: str
) -> DeviceNode:
    document: dict[str, Any] = {
        "name": "router",
        "tester": {"interface": "eth0", "ipv4": "192.0.2.1/24"},
        "target": {"ipv4": "192.0.2.2", "interface": "ge-0/0/1"},
        "commands": commands,
        "command_time_limit": limit,
        "lacks": lacks or {},
    }
    return DeviceNode(Device.model_validate(document | ({"sessions": [{"peer": "192.0.2.1"}]} if by_hand else {})))


def commanded(**changes: str) -> DeviceNode:
    usual = {
        "add_session": f"{NOTE} add {{name}} 'peer {{peer}}' {TIMERS}",
        "remove_session": f"{NOTE} remove {{name}}",
    }
    return device(**(usual | changes))


def words() -> list[list[str]]:
    path = Path("words")
    return [ast.literal_eval(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_session_comes_and_goes_by_command() -> None:
    node = commanded()
    assert node.configured == ()
    node.add_session(USUAL)
    assert node.show(USUAL).state == "unknown"
    node.remove_session(USUAL)
    node.remove_session(USUAL)
    assert node.show(USUAL).state == "absent"
    assert words() == [["add", "s1", "peer 192.0.2.1", "300", "300000", "3"], ["remove", "s1"]]


def test_values_are_never_split_or_read_by_a_shell() -> None:
    node = commanded(add_session=f"{NOTE} '$HOME; {{name}}' \"{{{{}}}}\" {TIMERS}")
    node.add_session(replace(USUAL, name="a b;c"))
    assert words() == [["$HOME; a b;c", "{}", "300", "300000", "3"]]


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (
            replace(USUAL, desired_min_tx_us=300_500),
            "desired_min_tx of 300500 us: the command takes whole milliseconds",
        ),
        (replace(USUAL, passive=True), "router: command add_session has no placeholder for passive"),
        (replace(USUAL, kind="multi_hop"), "router: command add_session has no placeholder for kind"),
        (replace(USUAL, demand=True), "router: command add_session has no placeholder for demand"),
    ],
)
def test_what_the_command_cannot_say_is_a_lack(session: SessionSpec, said: str) -> None:
    with pytest.raises(LackError) as raised:
        commanded().add_session(session)
    assert str(raised.value) == said
    assert words() == []


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (USUAL, "router: this needs a new session, and those of the device were configured by hand"),
        (replace(USUAL, detect_mult=7), "router: no IPv4 session with detect_mult 7 was configured by hand"),
        (
            replace(USUAL, peer="2001:db8::1", local="2001:db8::2"),
            "router: no IPv6 session with the usual parameters was configured by hand",
        ),
    ],
)
def test_without_commands_there_are_no_new_sessions(session: SessionSpec, said: str) -> None:
    with pytest.raises(LackError) as raised:
        device(by_hand=True).add_session(session)
    assert str(raised.value) == said


def test_changes_of_a_session_by_hand_are_undone() -> None:
    node = device(by_hand=True, set_timers=f"{NOTE} {TIMERS}", admin_down=f"{NOTE} down", admin_up=f"{NOTE} up")
    (session,) = node.configured
    node.set_timers(session, desired_min_tx_us=600_000)
    node.set_timers(session, detect_mult=5)
    node.set_admin(session, enabled=False)
    node.remove_session(session)
    node.remove_session(session)
    assert words() == [["600", "300000", "3"], ["600", "300000", "5"], ["down"], ["300", "300000", "3"], ["up"]]


def test_what_could_not_be_undone_is_tried_again() -> None:
    node = device(by_hand=True, set_timers="test -e there{detect_mult}")
    (session,) = node.configured
    with pytest.raises(NodeError):
        node.set_timers(session, detect_mult=5)
    with pytest.raises(NodeError):
        node.remove_session(session)
    Path("there3").touch()
    node.remove_session(session)
    Path("there3").unlink()
    node.remove_session(session)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sh -c 'echo no; echo why >&2; echo because >&2; exit 3'", "because"),
        ("sh -c 'echo only here; exit 3'", "only here"),
        ("sh -c 'exit 3'", "sh ends with 3 and no word"),
        ("/no/such/program", "/no/such/program: No such file or directory"),
        ("sleep 60", "no end within 0.1 s"),
    ],
)
def test_a_command_that_fails(command: str, said: str) -> None:
    with pytest.raises(NodeError) as raised:
        device(by_hand=True, limit="100ms" if "sleep" in command else "10s", show=command).show(USUAL)
    assert not isinstance(raised.value, LackError)
    assert str(raised.value) == f"router: show s1: {said}"


@pytest.mark.parametrize(("answer", "state"), [("up", "up"), ("admin_down", "admin_down"), ("it is up", "unknown")])
def test_show_prints_the_state(answer: str, state: str) -> None:
    assert device(by_hand=True, show=f"echo '{answer}'").show(USUAL).state == state


def test_verbs_without_a_command_are_lacks() -> None:
    node = device(by_hand=True)
    (session,) = node.configured
    for verb in (
        lambda: node.set_timers(session, detect_mult=4),
        lambda: node.set_admin(session, enabled=False),
        lambda: node.set_demand(session, enabled=True),
    ):
        with pytest.raises(LackError):
            verb()
    node.remove_session(session)


def test_a_declared_lack_is_tried_where_commands_can() -> None:
    lacks = {"detect_mult_one": "it begins at 2"}
    refusing = "sh -c 'test {detect_mult} -gt 1 || {{ echo out of range >&2; exit 1; }}'"
    node = device(lacks=lacks, add_session=refusing, remove_session="true")
    assert node.check_lack(Capability.DETECT_MULT_ONE, USUAL) == "router: add_session s1: out of range"
    obeying = device(lacks=lacks, add_session="true {detect_mult}", remove_session="true")
    with pytest.raises(NodeError, match="declared as lacking, but the daemon did it"):
        obeying.check_lack(Capability.DETECT_MULT_ONE, USUAL)


def test_a_lack_that_nobody_can_try_is_said_to_be_one() -> None:
    with pytest.raises(LackError, match=r"^the device file neither configures nor commands it \(nobody can try it\)$"):
        device(by_hand=True).check_lack(Capability.DEMAND, USUAL)
