"""A virtual machine as the laboratory: for what this machine's kernel lacks, such as bonding and netem.

virtme-ng boots a kernel of Debian on this machine's own files, read-only, so the same programs run inside. Only the
folder `out` is written to from there. It needs qemu, a kernel below /boot with its modules, and no privileges.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from topologies.errors import LabError

TIMEOUT_S = 420.0
"""The longest time from power on to power off, seconds; without KVM booting alone takes some 20 of them."""

_BOOT = Path("/boot")
_MODULES = Path("/lib/modules")
_CPUS, _MEMORY = 1, "2G"
_ACCELERATED: Sequence[str] = ()
_EMULATED: Sequence[str] = ("--disable-kvm",)
_WANTED_MODULES = ("bonding", "bridge", "sch_netem", "nf_tables", "veth", "vrf")
LOG = "inside.log"
_CONSOLE, _STATUS, _SCRIPT = "console.log", "inside.status", "inside.sh"

_INSIDE = """#!/bin/sh
exec >{log} 2>&1 </dev/null
modprobe -a {modules}
export PATH={path}
cd {directory} && {command}
echo $? >{status}
"""


def run_in_vm(argv: Sequence[str], out: Path, *, kernel: Path | None = None, timeout_s: float = TIMEOUT_S) -> int:
    """Boot, run `argv` as root, power off, and return its exit status. Everything it printed is in `out`/inside.log.

    Raises LabError with what to install, or when the machine does not end after `timeout_s` seconds.
    """
    out = out.resolve()
    kernel = kernel or newest_kernel()
    _write_script(argv, out)
    for acceleration in _ways():
        status = _boot(_command(kernel, out, acceleration), out, timeout_s)
        if status is not None:
            return status
    raise LabError(f"the virtual machine ended without a result: see {out / _CONSOLE}")


def _ways() -> Sequence[Sequence[str]]:
    """A /dev/kvm that is there may still not work, as in a machine that is virtual itself: then without."""
    usable = os.access("/dev/kvm", os.R_OK | os.W_OK)
    return (_ACCELERATED, _EMULATED) if usable else (_EMULATED,)


def _boot(command: Sequence[str], out: Path, timeout_s: float) -> int | None:
    """The exit status of what ran inside, None where the machine ended without one."""
    status = out / _STATUS
    status.unlink(missing_ok=True)
    path = f"{sysconfig.get_path('scripts')}:{os.environ.get('PATH', os.defpath)}"
    try:
        with (out / _CONSOLE).open("wb") as console:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=timeout_s,
                env={**os.environ, "PATH": path},
            )
    except subprocess.TimeoutExpired:
        raise LabError(f"the virtual machine did not end within {timeout_s:g} s: see {out / LOG}") from None
    try:
        return int(status.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def newest_kernel() -> Path:
    """The newest kernel of this machine whose modules are there, too. Raises LabError."""
    kernels = [kernel for kernel in _BOOT.glob("vmlinuz-*") if (_MODULES / _version(kernel)).is_dir()]
    if not kernels:
        raise LabError(f"no kernel with modules below {_BOOT}: install the Debian package linux-image-amd64")
    return max(kernels, key=lambda kernel: kernel.stat().st_mtime)


def _version(kernel: Path) -> str:
    return kernel.name.removeprefix("vmlinuz-")


def _command(kernel: Path, out: Path, acceleration: Sequence[str]) -> list[str]:
    vng = _find("vng", "pip install 'bfdspec[vm]'")
    _find("qemu-system-x86_64", "install the Debian package qemu-system-x86")
    options = ["--cpus", str(_CPUS), "--memory", _MEMORY, "--rwdir", str(out)]
    return [vng, "--run", str(kernel), *acceleration, *options, "--", str(out / _SCRIPT)]


def _find(program: str, remedy: str) -> str:
    folders = [sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]
    found = shutil.which(program, path=os.pathsep.join(folders))
    if found is None:
        raise LabError(f"command {program} not found: {remedy}")
    return found


def _write_script(argv: Sequence[str], out: Path) -> None:
    script = out / _SCRIPT
    text = _INSIDE.format(
        log=shlex.quote(str(out / LOG)),
        status=shlex.quote(str(out / _STATUS)),
        modules=" ".join(_WANTED_MODULES),
        path=shlex.quote(f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin"),
        directory=shlex.quote(str(Path(__file__).parent.parent)),
        command=shlex.join(argv),
    )
    script.write_text(text, encoding="utf-8")
    script.chmod(0o755)
