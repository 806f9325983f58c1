"""What an operator reads when the configuration file is wrong."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from refimpl.service.config import ConfigError, load_config
from refimpl.service.daemon import main

GOOD = "peer: 10.0.0.2, local: 10.0.0.1"


def problems(folder: Path, text: str) -> list[str]:
    """The problems of a file with this text, without the name of the file."""
    path = folder / "refbfd.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert all(problem.startswith(f"{path}: ") and "\n" not in problem for problem in caught.value.problems)
    return [problem.removeprefix(f"{path}: ") for problem in caught.value.problems]


P2P = "interface: eth0, point_to_point: true"
RECEIVER = "interface: eth0, type: unidirectional_receiver"

ONE_PROBLEM = {
    "address": (
        "sessions: [{peer: 10.0.0.300, local: 10.0.0.1}]",
        "sessions[0].peer: '10.0.0.300': allowed is a unicast",
    ),
    "address with a zone": ("sessions: [{peer: 'fe80::1%eth0', local: 'fe80::2'}]", "sessions[0].peer: 'fe80::1%eth0'"),
    "host name": ("sessions: [{peer: r1.example.net, local: 10.0.0.1}]", "sessions[0].peer: 'r1.example.net': allowed"),
    "multicast": (
        "sessions: [{peer: 224.0.0.1, local: 10.0.0.1}]",
        "sessions[0].peer: '224.0.0.1': allowed is a unicast",
    ),
    "unspecified": ("sessions: [{peer: 10.0.0.2, local: '::'}]", "sessions[0].local: '::': allowed is a unicast"),
    "no peer": ("sessions: [{local: 10.0.0.1}]", "sessions[0].peer: is missing; allowed is a unicast"),
    "two families": (
        "sessions: [{peer: 10.0.0.2, local: 'fd00::1'}]",
        "sessions[0]: peer 10.0.0.2 and local fd00::1 must be of the same address family",
    ),
    "peer is local": ("sessions: [{peer: 10.0.0.1, local: 10.0.0.1}]", "sessions[0]: peer and local are both 10.0.0.1"),
    "link-local without interface": (
        "sessions: [{peer: 'fe80::1', local: 'fe80::2'}]",
        "sessions[0]: interface is missing; link-local addresses need it",
    ),
    "link-local over hops": (
        "sessions: [{peer: 'fe80::1', local: 'fe80::2', interface: eth0, type: multi_hop}]",
        "sessions[0]: link-local addresses reach over one hop only",
    ),
    "interface": (
        f"sessions: [{{{GOOD}, interface: an-interface-name}}]",
        "sessions[0].interface: 'an-interface-name'",
    ),
    "type": (f"sessions: [{{{GOOD}, type: micro}}]", "sessions[0].type: 'micro': allowed is single_hop or multi_hop"),
    "bare number": (
        f"sessions: [{{{GOOD}, desired_min_tx: 300}}]",
        "sessions[0].desired_min_tx: 300: allowed is an integer with a unit us, ms or s",
    ),
    "zero transmit interval": (
        f"sessions: [{{{GOOD}, desired_min_tx: 0ms}}]",
        "sessions[0].desired_min_tx: '0ms': allowed is an integer with a unit us, ms or s, such as \"300ms\", from 1us",
    ),
    "interval beyond 32 bits": (
        f"sessions: [{{{GOOD}, required_min_rx: 4295s}}]",
        "sessions[0].required_min_rx: '4295s': allowed is an integer with a unit",
    ),
    "detect mult zero": (
        f"sessions: [{{{GOOD}, detect_mult: 0}}]",
        "sessions[0].detect_mult: 0: allowed is an integer from 1 to 255",
    ),
    "detect mult too great": (f"sessions: [{{{GOOD}, detect_mult: 256}}]", "sessions[0].detect_mult: 256: allowed"),
    "detect mult as text": (f"sessions: [{{{GOOD}, detect_mult: '3'}}]", "sessions[0].detect_mult: '3': allowed"),
    "detect mult as truth": (f"sessions: [{{{GOOD}, detect_mult: yes}}]", "sessions[0].detect_mult: True: allowed"),
    "passive": (f"sessions: [{{{GOOD}, passive: 1}}]", "sessions[0].passive: 1: allowed is true or false"),
    "name": (f"sessions: [{{{GOOD}, name: 'r 1'}}]", "sessions[0].name: 'r 1': allowed is 1 to 63 printable"),
    "name with a line end": (f'sessions: [{{{GOOD}, name: "r1\\n"}}]', "sessions[0].name: 'r1\\n': allowed is 1 to 63"),
    "unknown key": (
        f"sessions: [{{{GOOD}, multiplier: 3}}]",
        "sessions[0].multiplier: unknown key; allowed are name, peer, local, interface, type, desired_min_tx",
    ),
    "unknown key at the top": ("session: []", "session: unknown key; allowed are sessions, log, shutdown_linger"),
    "second session": (f"sessions: [{{{GOOD}}}, {{peer: x, local: 10.0.0.1}}]", "sessions[1].peer: 'x': allowed"),
    "session is no mapping": (
        "sessions: [10.0.0.2]",
        "sessions[0]: '10.0.0.2': allowed is a mapping with the keys name",
    ),
    "sessions is no list": ("sessions: 10.0.0.2", "sessions: '10.0.0.2': allowed is a list of sessions"),
    "duplicate": (
        f"sessions: [{{{GOOD}, name: a}}, {{{GOOD}, name: b}}]",
        "sessions[1]: the same type (single_hop), peer (10.0.0.2) and interface (any) as sessions[0]",
    ),
    "duplicate in another spelling": (
        "sessions: [{peer: 'fd00::2', local: 'fd00::1', name: a}, {peer: 'FD00:0::2', local: 'fd00::1', name: b}]",
        "sessions[1]: the same type (single_hop), peer (fd00::2)",
    ),
    "duplicate on a point-to-point link": (
        f"sessions: [{{{GOOD}, {P2P}, name: a}}, {{peer: 10.0.0.3, local: 10.0.0.1, {P2P}, name: b}}]",
        "sessions[1]: the same type (single_hop), peer (any, over IPv4) and interface (eth0) as sessions[0]",
    ),
    "duplicate of a service level": (
        f"sessions: [{{{GOOD}, dscp: 46, name: a}}, {{{GOOD}, dscp: 46, name: b}}]",
        "sessions[1]: the same type (single_hop), peer (10.0.0.2), interface (any) and dscp (46) as sessions[0]",
    ),
    "duplicate on a unidirectional link": (
        f"sessions: [{{{GOOD}, {RECEIVER}, name: a}}, {{peer: 10.0.0.3, local: 10.0.0.1, {RECEIVER}, name: b}}]",
        "sessions[1]: the same type (unidirectional_receiver), peer (any, over IPv4) and interface (eth0) as",
    ),
    "point to point without interface": (
        f"sessions: [{{{GOOD}, point_to_point: true}}]",
        "sessions[0]: point_to_point is about an interface, over one hop; allowed is type single_hop with interface",
    ),
    "unidirectional without interface": (
        f"sessions: [{{{GOOD}, type: unidirectional_sender}}]",
        "sessions[0]: interface is missing; type unidirectional_sender needs it",
    ),
    "dscp": (f"sessions: [{{{GOOD}, dscp: 64}}]", "sessions[0].dscp: 64: allowed is an integer from 0 to 63"),
    "padding": (
        f"sessions: [{{{GOOD}, padded_pdu_size: 23}}]",
        "sessions[0].padded_pdu_size: 23: allowed is an integer from 24 to 65507",
    ),
    "discriminator": (
        f"sessions: [{{{GOOD}, local_discriminator: 0}}]",
        "sessions[0].local_discriminator: 0: allowed is an integer from 1 to 4294967295",
    ),
    "name taken": (
        f"sessions: [{{{GOOD}, name: a}}, {{{GOOD}, type: multi_hop, name: a}}]",
        "sessions[1].name: 'a' is the name of sessions[0], too",
    ),
    "log level": ("log: {level: loud}", "log.level: 'loud': allowed is debug, info, warning or error"),
    "log format": ("log: {format: xml}", "log.format: 'xml': allowed is text or json"),
    "linger": ("shutdown_linger: 3", "shutdown_linger: 3: allowed is an integer with a unit"),
    "empty file": ("", "None: allowed is a mapping with the keys sessions, log, shutdown_linger"),
    "bad YAML": ("sessions:\n  - {peer: [}", "line 2, column 13: "),
    "control character": ("sessions: \x00", "not YAML: "),
}


@pytest.mark.parametrize(("text", "expected"), ONE_PROBLEM.values(), ids=ONE_PROBLEM.keys())
def test_one_problem_is_one_line(tmp_path: Path, text: str, expected: str) -> None:
    (line,) = problems(tmp_path, text)
    assert line.startswith(expected)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = "sessions: [{peer: x, local: y, detect_mult: 0}]\nlog: {level: loud}\n"
    paths = [line.partition(": ")[0] for line in problems(tmp_path, text)]
    assert paths == ["sessions[0].peer", "sessions[0].local", "sessions[0].detect_mult", "log.level"]


def test_defaults_and_units(tmp_path: Path) -> None:
    path = tmp_path / "refbfd.yaml"
    path.write_text(
        "sessions:\n"
        f"  - {{{GOOD}}}\n"
        "  - {peer: 'FE80::0:2', local: 'fe80::1', interface: eth0, desired_min_tx: 1s, required_min_rx: 0ms}\n"
        f"  - {{{GOOD}, type: multi_hop, name: far, desired_min_tx: 50000us, detect_mult: 255, passive: true}}\n"
    )
    config = load_config(path)
    plain, zero, far = config.sessions
    assert [session.label for session in config.sessions] == ["10.0.0.2", "fe80::2%eth0", "far"]
    assert (plain.desired_min_tx, plain.required_min_rx, plain.detect_mult) == (300_000, 300_000, 3)
    assert (zero.peer, zero.desired_min_tx, zero.required_min_rx) == ("fe80::2", 1_000_000, 0)
    assert (far.profile.destination_port, far.desired_min_tx, far.detect_mult, far.passive) == (4784, 50_000, 255, True)
    assert config.shutdown_linger <= 3_000_000


def test_multihop_sessions_differ_by_their_pair_of_addresses(tmp_path: Path) -> None:
    path = tmp_path / "refbfd.yaml"
    path.write_text(
        "sessions:\n"
        "  - {peer: 10.0.0.2, local: 10.0.0.1, type: multi_hop, name: a}\n"
        "  - {peer: 10.0.0.2, local: 10.0.0.3, type: multi_hop, name: b}\n"
    )
    assert len(load_config(path).sessions) == 2


def test_check_says_all_and_exits_with_2(tmp_path: Path) -> None:
    path = tmp_path / "refbfd.yaml"
    path.write_text("sessions: [{peer: x, local: y}]")
    result = CliRunner().invoke(main, ["--config", str(path), "--check"])
    assert result.exit_code == 2
    assert [line.split(": ")[:2] for line in result.stderr.splitlines()] == [
        [str(path), "sessions[0].peer"],
        [str(path), "sessions[0].local"],
    ]


def test_check_is_silent_about_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "refbfd.yaml"
    path.write_text(f"sessions: [{{{GOOD}}}]")
    result = CliRunner().invoke(main, ["--config", str(path), "--check"])
    assert (result.exit_code, result.output) == (0, "")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--config", str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert result.stderr == f"{tmp_path / 'none.yaml'}: cannot be read: No such file or directory\n"


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "refbfd.yaml"
    path.write_bytes(b"log: {level: \xff}")
    with pytest.raises(ConfigError, match="byte 13 is not UTF-8"):
        load_config(path)


def test_help_documents_the_exit_status() -> None:
    text = CliRunner().invoke(main, ["--help"]).output
    assert "Exit status:" in text
    assert all(f"  {status}  " in text for status in (0, 2, 3))
