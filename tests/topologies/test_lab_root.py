"""The laboratory on a real kernel: it carries packets at once, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from topologies import netns
from topologies.errors import LabError
from topologies.lab import Lab
from topologies.processes import exited, processes, run_in, spawn, terminate
from topologies.reservation import collect_garbage

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]

SLEEPER = ["sleep", "600"]
STUBBORN = ["sh", "-c", 'trap "" TERM; echo deaf; while :; do sleep 600; done']

OWNER = """
import sys
from pathlib import Path
from topologies.lab import Lab
from topologies.processes import spawn

lab = Lab(sys.argv[1], 1, runtime=Path(sys.argv[2]))
lab.up()
print(spawn(lab.describe().target_namespace, ["sleep", "600"], lab.describe().folder / "log"), flush=True)
input()
"""


SLOW_TO_CLOSE = """
import signal, socket
held = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3) for _ in range(50)]
print("ready", flush=True)
signal.pause()
"""


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.01)


def run_id(name: str) -> str:
    return f"{name}-{os.getpid()}"


def traces(name: str, runtime: Path) -> list[str]:
    """Whatever the lab of this name could leave behind."""
    namespaces = [path.name for path in Path("/run/netns").iterdir() if run_id(name) in path.name]
    return namespaces + [path.name for path in runtime.iterdir()]


def is_checksum_right(frame: bytes) -> bool:
    """The UDP checksum of an Ethernet frame with IPv4 (no options) or IPv6 (no extension headers)."""
    ip = frame[14:]
    addresses, datagram = (ip[12:20], ip[20:]) if ip[0] >> 4 == 4 else (ip[8:40], ip[40:])
    datagram = datagram[: int.from_bytes(datagram[4:6])]
    text = addresses + b"\0\x11" + datagram[4:6] + datagram + b"\0" * (len(datagram) % 2)
    return sum(int.from_bytes(text[i : i + 2]) for i in range(0, len(text), 2)) % 0xFFFF == 0


@pytest.mark.parametrize("version", ["ipv4", "ipv6"])
@pytest.mark.parametrize("sender", ["tester", "target"])
def test_the_first_packet_arrives_complete_and_alone(
    runtime: Path, socket_in: Callable[..., socket.socket], version: str, sender: str
) -> None:
    receiver = "target" if sender == "tester" else "tester"
    family = socket.AF_INET if version == "ipv4" else socket.AF_INET6
    ether_type = 0x0800 if version == "ipv4" else 0x86DD
    with Lab(run_id("wire"), 2, runtime=runtime) as lab:
        description = lab.describe()
        link = description.slots[1].links[1].model_dump()
        namespaces = {"tester": description.tester_namespace, "target": description.target_namespace}
        with (
            socket_in(namespaces[receiver], socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sniffer,
            socket_in(namespaces[sender], family, socket.SOCK_DGRAM) as source,
        ):
            sniffer.bind((link[f"{receiver}_interface"], 3))
            source.bind((link[f"{sender}_{version}"], 0))
            source.sendto(b"odd", (link[f"{receiver}_{version}"], 3784))
            frame = next(frame for frame in iter(lambda: sniffer.recv(2048), b"") if b"odd" in frame)
            macs = [bytes.fromhex(link[f"{side}_mac"].replace(":", "")) for side in (receiver, sender)]
            assert frame[:14] == b"".join(macs) + ether_type.to_bytes(2)
            assert is_checksum_right(frame)
        neighbours = run_in(namespaces[sender], ["ip", "neigh", "show", "dev", link[f"{sender}_interface"]]).stdout
        assert f"{link[f'{receiver}_{version}']} lladdr {link[f'{receiver}_mac']} PERMANENT" in neighbours


def test_a_link_has_the_link_local_address_of_its_description_and_no_other(runtime: Path) -> None:
    with Lab(run_id("scope"), 1, runtime=runtime) as lab:
        description = lab.describe()
        link = description.slots[0].links[0]
        for namespace, interface, address in (
            (description.tester_namespace, link.tester_interface, link.tester_link_local),
            (description.target_namespace, link.target_interface, link.target_link_local),
        ):
            shown = run_in(namespace, ["ip", "-6", "-o", "address", "show", "dev", interface, "scope", "link"]).stdout
            assert [line.split()[3] for line in shown.splitlines()] == [f"{address}/64"]


def test_up_and_down_are_idempotent_and_leave_nothing(runtime: Path) -> None:
    lab = Lab(run_id("idem"), 3, runtime=runtime)
    lab.down()
    lab.up()
    lab.up()
    target, folder = lab.describe().target_namespace, lab.describe().folder
    assert folder.is_dir()
    sleeper = spawn(target, SLEEPER, folder / "log")
    wait_until(lambda: processes(target) == [sleeper])
    lab.down()
    lab.down()
    assert exited(sleeper, 0)
    assert traces("idem", runtime) == []
    lab.up()
    lab.down()
    assert traces("idem", runtime) == []


def test_an_exception_leaves_nothing(runtime: Path) -> None:
    with pytest.raises(ZeroDivisionError), Lab(run_id("exc"), 1, runtime=runtime) as lab:
        folder, tester = lab.describe().folder, lab.describe().tester_namespace
        pid = spawn(tester, STUBBORN, folder / "log")
        wait_until(lambda: (folder / "log").read_text() == "deaf\n")
        raise ZeroDivisionError
    assert exited(pid, 0)
    assert traces("exc", runtime) == []


def test_a_failure_halfway_leaves_nothing(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netns, "complete_checksums", lambda interfaces: (_ for _ in ()).throw(OSError("no ioctl")))
    with pytest.raises(LabError, match="no ioctl"):
        Lab(run_id("half"), 1, runtime=runtime).up()
    assert traces("half", runtime) == []


def test_terminate_spares_what_is_not_named(runtime: Path) -> None:
    with Lab(run_id("only"), 1, runtime=runtime) as lab:
        target, log = lab.describe().target_namespace, lab.describe().folder / "log"
        first, second = (spawn(target, SLEEPER, log) for _ in range(2))
        wait_until(lambda: set(processes(target)) == {first, second})
        terminate(target, only=[first])
        assert processes(target) == [second]
        terminate(target, only=[os.getpid(), 1])
        assert processes(target) == [second]


@pytest.mark.parametrize("left_by_itself", [False, True])
def test_terminate_returns_when_the_last_of_a_process_is_gone(runtime: Path, left_by_itself: bool) -> None:
    """One with packet sockets takes long to close them, after it has left its namespace."""
    with Lab(run_id("slow"), 1, runtime=runtime) as lab:
        namespace, log = lab.describe().target_namespace, lab.describe().folder / "log"
        for _ in range(5):
            log.write_text("")
            process = spawn(namespace, [sys.executable, "-c", SLOW_TO_CLOSE], log)
            wait_until(lambda: "ready" in log.read_text())
            if left_by_itself:
                os.kill(process, signal.SIGKILL)
                wait_until(lambda: processes(namespace) == [])
            terminate(namespace, [process], grace_s=0)
            assert exited(process, 0)


def test_a_name_of_somebody_else_is_not_touched(runtime: Path) -> None:
    lab = Lab(run_id("taken"), 1, runtime=runtime)
    namespace = lab.describe().target_namespace
    netns.create(namespace)
    try:
        with pytest.raises(LabError, match=f"namespace {namespace} exists"):
            lab.up()
        assert traces("taken", runtime) == [namespace]
    finally:
        netns.delete(namespace)


def test_a_run_id_is_used_once_at_a_time(runtime: Path) -> None:
    with Lab(run_id("twice"), 1, runtime=runtime) as lab:
        with pytest.raises(LabError, match=f"in use by process {os.getpid()}"):
            Lab(run_id("twice"), 1, runtime=runtime).up()
        assert netns.exists(lab.describe().tester_namespace)


@pytest.mark.parametrize("cleared_by", ["collect_garbage", "the next lab of this run id"])
def test_what_a_killed_owner_left_is_cleared(runtime: Path, cleared_by: str) -> None:
    name = run_id("orphan")
    argv = [sys.executable, "-c", OWNER, name, str(runtime)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        daemon = int(owner.stdout.readline())
        assert collect_garbage(runtime) == [], "its owner lives"
        assert not exited(daemon, 0)
        owner.send_signal(signal.SIGKILL)
    assert len(traces("orphan", runtime)) == 4, "two namespaces, a folder and the journal"
    if cleared_by == "collect_garbage":
        assert collect_garbage(runtime) == [name]
    else:
        with Lab(name, 1, runtime=runtime):
            assert exited(daemon, 0)
    assert exited(daemon, 0)
    assert traces("orphan", runtime) == []
    assert collect_garbage(runtime) == []


def test_enter_needs_a_namespace() -> None:
    with pytest.raises(LabError, match="namespace bfds-absent: No such file"):
        netns.enter("bfds-absent")
