"""The podman service that makes our containers: a running one that $CONTAINER_HOST names, or one of our own.

Ours listens on a socket in a folder of the laboratory. It ends with the process that started it, however that ends;
the containers do not, so that whoever comes next starts a service of its own for the same folder.

podman-py is imported where it is used: it takes half a second, which a worker that only runs tools need not spend.
"""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from topologies.errors import LabError

if TYPE_CHECKING:
    from podman import PodmanClient

_SOCKET = "podman.sock"
_START_S = 15.0
_BETWEEN_LOOKS_S = 0.02
_ANSWER_S = 120.0
_CAP_SYS_RESOURCE = 24
_PACKAGES = {"podman": "podman", "setpriv": "util-linux"}
_LIMITS = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
_LIMIT = 1024
"""Enough for any daemon, and within what every machine allows."""

_SERVE = 'setpriv --pdeathsig KILL podman system service --time 0 "unix://$0" & read -r _'
"""The shell's stdin is a pipe that nobody writes to. It is closed when its owner ends, even by SIGKILL; then the shell
ends, and with it podman. (Straight from the owner, the death signal would come at the end of the starting thread.)"""

_services: dict[Path, subprocess.Popen[bytes]] = {}
"""What this process started, by the socket."""


@contextmanager
def connected(folder: Path) -> Iterator["PodmanClient"]:
    """A client of the service that $CONTAINER_HOST names, else of one that listens in `folder`, which is started when
    there is none. Raises LabError; what podman refuses within the context becomes one, too."""
    from podman import PodmanClient  # noqa: PLC0415
    from podman.errors import APIError, PodmanError  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415

    url = os.environ.get("CONTAINER_HOST") or f"unix://{_serve(folder)}"
    try:
        with PodmanClient(base_url=url, timeout=_ANSWER_S) as client:
            yield client
    except ValueError as error:
        raise LabError(f"CONTAINER_HOST is {url}: {_one_line(str(error))}") from error
    except (PodmanError, RequestException, OSError) as error:
        if isinstance(error, APIError) and error.response is not None:
            raise LabError(f"podman: {_one_line(error.explanation or str(error))}") from error
        raise LabError(f"podman service {url} does not answer") from error


def end(folder: Path) -> None:
    """End what this process started in `folder` or below it; no error where it started nothing."""
    for socket in [socket for socket in _services if socket.is_relative_to(folder)]:
        _services.pop(socket).communicate()  # closes the pipe, and waits


def settings() -> tuple[str, bool]:
    """The text of a containers.conf for our service, and whether this machine needs it in place of its own.

    Raises LabError when a program is missing that this machine needs.
    """
    # After five minutes, podman's default here, conmon would still be there when the laboratory is long gone.
    containers, engine = [], ["exit_command_delay = 0"]
    if not _may_raise_limits():
        # podman asks for limits above ours, which only CAP_SYS_RESOURCE can set.
        values = {name: min(_LIMIT, _hard_limit(kind)) for name, kind in _LIMITS.items()}
        limits = ", ".join(f'"{name}={value}:{value}"' for name, value in values.items())
        containers.append(f"default_ulimits = [{limits}]")
    if _cgroups_are_hybrid():
        if shutil.which("runc") is None:
            raise LabError("cgroups are in hybrid mode here, in which crun refuses to work: install the package runc")
        engine.append('runtime = "runc"')
    needed = bool(containers) or len(engine) > 1
    if not Path("/run/systemd/system").exists():
        engine += ['cgroup_manager = "cgroupfs"', 'events_logger = "file"']
    return "\n".join(["[containers]", *containers, "[engine]", *engine, ""]), needed


def _serve(folder: Path) -> Path:
    socket = folder / _SOCKET
    if _answers(socket):
        return socket
    for program, package in _PACKAGES.items():
        if shutil.which(program) is None:
            raise LabError(f"program {program} not found: install the Debian package {package}")
    log, path = folder / "podman.log", folder / "containers.conf"
    text, needed = settings()
    path.write_text(text, encoding="utf-8")
    socket.unlink(missing_ok=True)
    # CONTAINERS_CONF replaces the machine's own settings; the other adds to them (podman up to 4.5 does not know it).
    variable = "CONTAINERS_CONF" if needed and "CONTAINERS_CONF" not in os.environ else "CONTAINERS_CONF_OVERRIDE"
    with log.open("ab") as output:
        shell = subprocess.Popen(
            ["sh", "-c", _SERVE, str(socket)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env={**os.environ, "TMPDIR": str(folder), variable: str(path)},  # what a killed build leaves lies there
            start_new_session=True,  # an interruption is the owner's, who needs the service to clear away
        )
    _services[socket] = shell
    deadline = time.monotonic() + _START_S
    while not _answers(socket):
        if time.monotonic() > deadline or shell.poll() is not None:
            end(folder)
            words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise LabError(f"podman's service does not start: {words[-1] if words else 'it says nothing'}")
        time.sleep(_BETWEEN_LOOKS_S)
    return socket


def _answers(socket: Path) -> bool:
    from podman import PodmanClient  # noqa: PLC0415
    from podman.errors import PodmanError  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415

    if not socket.exists():
        return False
    try:
        with PodmanClient(base_url=f"unix://{socket}", timeout=_START_S) as client:
            return bool(client.ping())
    except (PodmanError, RequestException, OSError):
        return False


def _may_raise_limits() -> bool:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> _CAP_SYS_RESOURCE & 1)


def _hard_limit(kind: int) -> int:
    hard = resource.getrlimit(kind)[1]
    return _LIMIT if hard == resource.RLIM_INFINITY else hard


def _cgroups_are_hybrid() -> bool:
    """Version 1 hierarchies with one of version 2 beside them."""
    root = Path("/sys/fs/cgroup")
    return not (root / "cgroup.controllers").exists() and (root / "unified" / "cgroup.controllers").exists()


def _one_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "no reason given"
