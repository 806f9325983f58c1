"""refbfdctl without a daemon, or with one that says what the test wants."""

import json
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DEADLINE_S = 30.0

SESSION = {
    "name": "a-name-as-long-as-a-name-may-be-which-is-sixty-three-characters",
    "peer": "fd00:1111:2222:3333:4444:5555:6666:7777",
    "state": "admin_down",
    "remote_state": "admin_down",
    "local_diag": 7,
    "transmit_interval_us": 1_000_000,
    "detection_time_us": 3_000_000,
    "counters": {"transmitted": 1, "received": 2, "discarded": 3},
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="bfd") as path:
        yield Path(path)


def ctl(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "refimpl.service.ctl", *words],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )


def ctl_with_answer(
    folder: Path, reply: dict[str, Any], *words: str, stdin: str = ""
) -> tuple[dict[str, Any], str, int]:
    """The request, what is printed, the exit status, when the daemon gives this answer."""
    requests: list[dict[str, Any]] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(folder / "s"))
        listener.listen()
        listener.settimeout(DEADLINE_S)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as stream:
                requests.append(json.loads(stream.readline()))
                stream.write(json.dumps(reply).encode() + b"\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        done = ctl("--socket", str(folder / "s"), *words, stdin=stdin)
        thread.join()
    return requests[0], done.stdout + done.stderr, done.returncode


def test_it_imports_nothing_heavy() -> None:
    """A script that calls it in a loop should not pay for validation, packets or an event loop."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys, refimpl.service.ctl; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"pydantic", "click", "scapy", "rich", "yaml", "asyncio", "subprocess", "dataclasses", "refimpl.core"}
    assert heavy.isdisjoint(done.stdout.split())


def test_no_daemon_is_status_3(folder: Path) -> None:
    done = ctl("--socket", str(folder / "s"), "show")
    assert done.returncode == 3
    assert done.stderr == f"refbfdctl: no daemon on {folder / 's'}: No such file or directory\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["stop"],
        ["set", "r1"],
        ["admin", "r1", "off"],
        ["demand", "r1"],
        ["verify"],
        ["add", "r1", "--peer", "10.0.0.2"],
        ["set", "r1", "--detect-mult", "many"],
    ],
)
def test_wrong_usage_is_status_2(folder: Path, words: list[str]) -> None:
    done = ctl("--socket", str(folder / "s"), *words)
    assert done.returncode == 2
    assert done.stdout == ""


def test_a_refusal_is_status_1_and_one_line(folder: Path) -> None:
    reply = {"ok": False, "error": "no session 'r1'; there are: none"}
    request, printed, status = ctl_with_answer(folder, reply, "remove", "r1")
    assert request == {"command": "remove", "name": "r1"}
    assert (status, printed) == (1, "refbfdctl: no session 'r1'; there are: none\n")


def test_add_sends_what_was_typed_and_prints_nothing(folder: Path) -> None:
    words = "add r1 --peer 10.0.0.2 --local 10.0.0.1 --interface eth0 --type single_hop --desired-min-tx 300ms"
    words += " --required-min-rx 0ms --detect-mult 3 --passive"
    request, printed, status = ctl_with_answer(folder, {"ok": True}, *words.split())
    assert request == {
        "command": "add",
        "name": "r1",
        "peer": "10.0.0.2",
        "local": "10.0.0.1",
        "interface": "eth0",
        "type": "single_hop",
        "desired_min_tx": "300ms",
        "required_min_rx": "0ms",
        "detect_mult": 3,
        "passive": True,
    }
    assert (status, printed) == (0, "")


AUTH = {"type": "keyed_sha1", "keys": {"1": "hex:00ff"}, "send_key": 1}


def test_keys_are_read_from_a_file_or_from_standard_input(folder: Path) -> None:
    (folder / "auth.json").write_text(json.dumps(AUTH))
    words = "add r1 --peer 10.0.0.2 --local 10.0.0.1 --type single_hop --desired-min-tx 300ms"
    words += f" --required-min-rx 0ms --detect-mult 3 --auth {folder / 'auth.json'}"
    request, printed, status = ctl_with_answer(folder, {"ok": True}, *words.split())
    assert (request["auth"], printed, status) == (AUTH, "", 0)
    (folder / "s").unlink()
    request, printed, status = ctl_with_answer(folder, {"ok": True}, "keys", "r1", "-", stdin=json.dumps(AUTH))
    assert (request, printed, status) == ({"command": "keys", "name": "r1", "auth": AUTH}, "", 0)


@pytest.mark.parametrize(
    ("where", "content", "complaint"),
    [
        ("none.json", None, "none.json cannot be read: No such file or directory"),
        ("bad.json", b"s3cr3t", "bad.json: allowed is a JSON object such as "),
        ("bad.json", b'"s3cr3t"\xff', "bad.json: allowed is a JSON object such as "),
        ("-", b"s3cr3t", "standard input: allowed is a JSON object such as "),
    ],
)
def test_a_file_that_is_no_keys_is_status_2_and_not_shown(
    folder: Path, where: str, content: bytes | None, complaint: str
) -> None:
    if content is not None and where != "-":
        (folder / where).write_bytes(content)
    path = where if where == "-" else str(folder / where)
    done = ctl("--socket", str(folder / "s"), "keys", "r1", path, stdin="s3cr3t")
    assert done.returncode == 2
    assert complaint in done.stderr.splitlines()[-1]
    assert "s3cr3t" not in done.stderr
    assert done.stdout == ""


def test_the_table_fits_80_columns(folder: Path) -> None:
    _, printed, _ = ctl_with_answer(folder, {"ok": True, "sessions": [SESSION]}, "show")
    heads, row = printed.splitlines()
    assert heads.split() == ["NAME", "PEER", "STATE", "REMOTE", "DIAG", "TX", "DETECTION"]
    assert row.split()[2:] == ["admin_down", "admin_down", "7", "1000ms", "3000ms"]
    assert max(len(heads), len(row)) <= 80


def test_json_is_a_list_of_all_or_one_object(folder: Path) -> None:
    _, printed, _ = ctl_with_answer(folder, {"ok": True, "sessions": [SESSION]}, "--json", "show")
    assert json.loads(printed) == [SESSION]
    (folder / "s").unlink()
    _, printed, _ = ctl_with_answer(folder, {"ok": True, "sessions": [SESSION]}, "--json", "show", "r1")
    assert json.loads(printed) == SESSION


def test_a_daemon_that_hangs_up_is_status_3(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(folder / "s"))
        listener.listen()
        listener.settimeout(DEADLINE_S)

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        done = ctl("--socket", str(folder / "s"), "show")
        thread.join()
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
