"""Two network namespaces with a link, and refbfd daemons in them, for tests that run as root."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

DEADLINE_S = 15.0
_CLONE_NEWNET = 0x40000000


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Look until `condition` holds; AssertionError when it does not in time."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"still waiting for: {what}"
        time.sleep(0.02)


@dataclass(frozen=True)
class End:
    """One end of the link: namespace, interface, addresses."""

    namespace: str
    interface: str
    ipv4: str
    ipv6: str
    link_local: str


class Pair:
    """A context with two ends, `a` and `b`."""

    def __init__(self) -> None:
        mark = f"rbt{os.getpid()}"
        self.a = End(f"{mark}a", "va", "10.99.0.1", "fd99::1", "fe80::a")
        self.b = End(f"{mark}b", "vb", "10.99.0.2", "fd99::2", "fe80::b")

    def __enter__(self) -> Self:
        for end in (self.a, self.b):
            _ip("netns", "add", end.namespace)
        names = ("link", "add", self.a.interface, "netns", self.a.namespace)
        _ip(*names, "type", "veth", "peer", self.b.interface, "netns", self.b.namespace)
        for end in (self.a, self.b):
            inside = ("-n", end.namespace)
            _ip(*inside, "link", "set", end.interface, "addrgenmode", "none")
            for address in (f"{end.ipv4}/24", f"{end.ipv6}/64", f"{end.link_local}/64"):
                nodad = ("nodad",) if ":" in address else ()
                _ip(*inside, "addr", "add", address, "dev", end.interface, *nodad)
            _ip(*inside, "link", "set", "lo", "up")
            _ip(*inside, "link", "set", end.interface, "up")
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self.a, self.b):
            _ip("netns", "del", end.namespace)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def set_mtu(end: End, mtu: int) -> None:
    """Of the link, at one end."""
    _ip("-n", end.namespace, "link", "set", end.interface, "mtu", str(mtu))


def udp_socket_in(namespace: str) -> socket.socket:
    """An IPv4 UDP socket of the namespace. Only the thread that opens it goes there."""
    opened: list[socket.socket] = []

    def enter_and_open() -> None:
        with Path(f"/run/netns/{namespace}").open("rb") as handle:
            if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), _CLONE_NEWNET) == 0:
                opened.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    thread = threading.Thread(target=enter_and_open)
    thread.start()
    thread.join()
    opened[0].settimeout(DEADLINE_S)
    return opened[0]


@dataclass
class Refbfd:
    """A daemon in a namespace, and its command line. A context that ends with the daemon gone."""

    namespace: str
    folder: Path
    config: str = "sessions: []"
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.socket = self.folder / "s"
        self.log = self.folder / "log"

    def __enter__(self) -> Self:
        self.start()
        wait_until(lambda: self.process.poll() is not None or "serves" in self.log.read_text(), "refbfd to serve")
        assert self.process.poll() is None, self.log.read_text()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def start(self) -> None:
        """Start it, and do not wait for anything."""
        (self.folder / "config.yaml").write_text(self.config)
        command = ["ip", "netns", "exec", self.namespace, sys.executable, "-m", "refimpl.service.daemon"]
        command += ["--config", str(self.folder / "config.yaml"), "--control", str(self.socket), "--log-format", "json"]
        with self.log.open("wb") as log:
            # `ip netns exec` becomes the daemon: signals need no forwarding.
            self.process = subprocess.Popen(command, stderr=log)

    def ctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        """refbfdctl, whatever comes of it."""
        command = [sys.executable, "-m", "refimpl.service.ctl", "--socket", str(self.socket), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE_S)

    def obey(self, *words: str) -> None:
        """refbfdctl with a command that must succeed, silently."""
        done = self.ctl(*words)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def add(
        self,
        name: str,
        local: str,
        peer: str,
        *,
        kind: str = "single_hop",
        interface: str = "",
        options: Sequence[str] = (),
    ) -> None:
        """A session that detects within 150 ms once it is Up."""
        where = ["--peer", peer, "--local", local, "--interface", interface, "--type", kind, *options]
        self.obey("add", name, *where, "--desired-min-tx", "50ms", "--required-min-rx", "50ms", "--detect-mult", "3")

    def show(self, name: str) -> dict[str, Any]:
        """The daemon's view of a session."""
        done = self.ctl("--json", "show", name)
        assert done.returncode == 0, done.stderr
        view: dict[str, Any] = json.loads(done.stdout)
        return view

    def wait_for(self, name: str, **expected: object) -> None:
        """Until the session's view has these values."""
        wait_until(lambda: expected.items() <= self.show(name).items(), f"{name} with {expected}")

    def records(self) -> list[dict[str, Any]]:
        """The log so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_S)
