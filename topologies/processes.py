"""Processes in a network namespace: start, list, wait for, end. Linux only; needs root and the command `ip`.

Every signal goes through a pidfd whose namespace was checked after it was opened, so a reused process id is never hit.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from topologies.errors import LabError

NETNS_FOLDER = Path("/run/netns")

MARK = "BFDSPEC_NAMESPACE"
"""The environment variable by which whatever is started for a namespace is found until it has entered it."""

_KILL_WAIT_S = 2.0
_KILL_ROUNDS = [(signal.SIGKILL, _KILL_WAIT_S)] * 5  # several, as a process may fork while its relatives are killed


def run_in(
    namespace: str, argv: Sequence[str], *, stdin: str = "", timeout_s: float = 10.0
) -> subprocess.CompletedProcess[str]:
    """Run `argv` in `namespace` and wait for its end; it reads `stdin`, its output is captured.

    Raises LabError when it takes longer than `timeout_s` seconds; a failing command is the caller's to judge.
    """
    command = [ip_command(), "netns", "exec", namespace, *argv]
    try:
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            env=marked(namespace),
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"{argv[0]} in {namespace}: no end after {timeout_s:g} s") from None


def spawn(namespace: str, argv: Sequence[str], log: Path) -> int:
    """Start `argv` in `namespace`, in a session of its own, and return its process id at once.

    stdin is empty, stdout and stderr are appended to `log`. `ip netns exec` replaces itself, so the id is the
    daemon's. The process outlives its starter: `terminate` ends it, from any process.
    """
    ip = ip_command()
    return os.posix_spawn(
        ip,
        [ip, "netns", "exec", namespace, *argv],
        marked(namespace),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE],  # Python ignores it, and what is ignored would stay so in the daemon
    )


def ip_command() -> str:
    """Path of the command `ip`. Raises LabError with the package to install."""
    found = shutil.which("ip", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]))
    if found is None:
        raise LabError("command ip not found: install the Debian package iproute2")
    return found


def processes(namespace: str) -> list[int]:
    """Process ids that live in `namespace`, or that were started for it and are not there yet, or never will be, as
    tools that need no network."""
    try:
        home = (NETNS_FOLDER / namespace).stat()
    except FileNotFoundError:
        home = None
    mark = f"{MARK}={namespace}".encode()
    return [pid for pid in _process_ids() if (home is not None and _lives_in(pid, home)) or _has(pid, mark)]


def exited(pid: int, timeout_s: float) -> bool:
    """Wait at most `timeout_s` seconds for the end of process `pid`; says whether it has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return not _running([descriptor], timeout_s)
    finally:
        os.close(descriptor)


def marked(namespace: str) -> dict[str, str]:
    """The environment of whatever is started for a namespace."""
    return {**os.environ, MARK: namespace}


def terminate(namespace: str, only: Collection[int] | None = None, *, grace_s: float = 2.0) -> None:
    """End the processes in `namespace`, or those of them named in `only`: SIGTERM, `grace_s` seconds, SIGKILL.

    The caller itself is spared. No error where the namespace does not exist. Raises LabError when a process survives.
    """
    with contextlib.ExitStack() as stack:
        held: dict[int, int] = {}  # what was signalled, until its end: it leaves its namespace before it closes sockets
        for number, wait_s in [(signal.SIGTERM, grace_s), *_KILL_ROUNDS]:
            held |= _opened(namespace, set(_chosen(namespace, only)) - set(held.values()), stack)
            for descriptor in held:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(descriptor, number)
            held = {descriptor: held[descriptor] for descriptor in _running(held, wait_s)}
            left = {*held.values(), *_chosen(namespace, only)}
            if not left:
                break
    left |= {pid for pid in only or () if _has_left_namespaces(pid) and not exited(pid, _KILL_WAIT_S)}
    if left:
        raise LabError(f"{namespace}: processes {sorted(left)} survive SIGKILL")


def signal_sessions(namespace: str, leaders: Collection[int], number: signal.Signals) -> None:
    """Send a signal to all processes in `namespace` that belong to the sessions of processes that `spawn` started: to
    those, and to what they started in turn."""
    for pid in processes(namespace):
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            try:
                if os.getsid(pid) in leaders and pid in _chosen(namespace, [pid]):
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)


def is_stopped(pid: int) -> bool:
    """Whether SIGSTOP holds a process; False where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] == "T"


def notify(namespace: str, pid: int, number: signal.Signals) -> None:
    """Send a signal that means something to the daemon `pid` in `namespace`. Raises LabError where it has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        raise LabError(f"{namespace}: process {pid} has ended") from None
    try:
        if not _chosen(namespace, [pid]):
            raise LabError(f"{namespace}: process {pid} has ended")
        signal.pidfd_send_signal(descriptor, number)
    finally:
        os.close(descriptor)


def _opened(namespace: str, pids: Collection[int], stack: contextlib.ExitStack) -> dict[int, int]:
    """Process id by pidfd of those of `pids` that live in `namespace`; `stack` closes the pidfds."""
    opened = {}
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            stack.callback(os.close, descriptor)
            if pid in _chosen(namespace, [pid]):  # still the same process, now that it cannot be another one
                opened[descriptor] = pid
    return opened


def _chosen(namespace: str, only: Collection[int] | None) -> list[int]:
    spared = os.getpid()
    return [pid for pid in processes(namespace) if pid != spared and (only is None or pid in only)]


def _running(descriptors: Collection[int], timeout_s: float) -> list[int]:
    """Wait until all processes have ended, at most `timeout_s` seconds; return the pidfds of those that run on."""
    deadline = time.monotonic() + timeout_s
    running = set(descriptors)
    poll = select.poll()
    for descriptor in running:
        poll.register(descriptor, select.POLLIN)
    while running:
        ended = poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
        if not ended:
            break
        for descriptor, _ in ended:
            poll.unregister(descriptor)
            running.discard(descriptor)
            with contextlib.suppress(ChildProcessError):  # another process's child is its own to reap
                os.waitid(os.P_PIDFD, descriptor, os.WEXITED)
    return sorted(running)


def _process_ids() -> Iterator[int]:
    return (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())


def _has(pid: int, variable: bytes) -> bool:
    try:
        return variable in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is not ours
        return False


def _lives_in(pid: int, home: os.stat_result) -> bool:
    try:
        return os.path.samestat(home, Path(f"/proc/{pid}/ns/net").stat())
    except OSError:  # it has ended, or is a zombie
        return False


def _has_left_namespaces(pid: int) -> bool:
    """Whether a process is on its way out, or a zombie; False where there is none, or where it may not be asked."""
    proc = Path(f"/proc/{pid}")
    try:
        (proc / "ns/net").stat()
    except FileNotFoundError:
        return proc.exists()
    except OSError:
        return False
    return False
