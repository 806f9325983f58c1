"""aiobfd as a node: a process for each session, in the target namespace. Tried with aiobfd 0.2 on Python 3.11.

Nothing runs while there is no session. A process is known by a file with its id, named by the session's addresses, so
that any process of a test run finds it. A running aiobfd takes no commands; what it tells of its session is in its log.
It binds port 3784 at its local address, so that two sessions cannot have the same one.
"""

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar, NoReturn

from topologies.node import Capability, LackError, NodeError, SessionSpec, SessionView
from topologies.nodes.adapter import Handle, await_answer
from topologies.nodes.daemon import DaemonNode, handle
from topologies.nodes.manifest import Manifest, Release, load_manifest
from topologies.place import Place, run
from topologies.processes import exited

_HERE = Path(__file__).parent

_READY = "BFD Daemon fully configured."

_TAKEN = "already in use"

_SAYINGS: Sequence[tuple[str, str, int | None]] = (
    (_READY, "down", 0),
    ("going to INIT state.", "init", None),
    ("going to UP state.", "up", None),
    ("signaled going DOWN.", "down", 3),
    ("signaled going ADMIN_DOWN.", "down", 3),
    ("going DOWN!", "down", 1),
)
"""How lines of its log end, with the state that each tells, and the diagnostic where that changes."""

_UNHEARD_OF: Sequence[tuple[str, Callable[[SessionSpec], object]]] = (
    ("--multihop", lambda spec: spec.kind == "multi_hop"),
    ("--unidirectional", lambda spec: spec.kind.startswith("unidirectional")),
    ("--auth-type", lambda spec: spec.auth),
    ("--demand-mode", lambda spec: spec.demand),
    ("--echo-rx-interval", lambda spec: spec.required_min_echo_rx_us),
    ("--echo-tx-interval", lambda spec: spec.desired_min_echo_tx_us),
    ("--control-plane-independent", lambda spec: spec.control_plane_independent),
    ("--point-to-point", lambda spec: spec.point_to_point),
    ("--dscp", lambda spec: spec.dscp is not None),
    ("--pdu-size", lambda spec: spec.padded_pdu_size),
    ("--vrf", lambda spec: spec.vrf),
    ("--local-discriminator", lambda spec: spec.local_discr),
    ("--remote-discriminator", lambda spec: spec.remote_discr),
)
"""What an aiobfd that could do more might call it, and who would need it. It refuses these options, and says so."""

_UNTOLD = frozenset(
    {
        Capability.CHANGE_TX,
        Capability.CHANGE_RX,
        Capability.CHANGE_MULT,
        Capability.ADMIN_DOWN,
        Capability.DEMAND,
        Capability.VERIFY,
        Capability.PATH_DOWN,
        Capability.FORWARDING_RESET,
        Capability.CONGESTION,
        Capability.SHARING,
    }
)
"""What would have to be told to a running session, so that no attempt can be made."""

_VERSION = "from importlib.metadata import version; print(version('aiobfd'))"


class AiobfdNode(DaemonNode):
    """The processes of aiobfd in one place."""

    manifest: ClassVar[Manifest] = load_manifest(_HERE)

    def __init__(self, handle: Handle) -> None:
        """See `attach`: the sessions' files are in the place's folder."""
        super().__init__(handle)
        self._program: str = handle["program"]

    @classmethod
    def start(cls, place: Place, release: Release) -> Handle:
        """See that aiobfd can be started, and which one it is; there is no process before there is a session."""
        program = release.find("aiobfd", place.root)
        _ask(place, [program, "--help"])
        # It does not tell its version; the interpreter of its virtual environment, named in its first line, knows.
        interpreter = _ask(place, ["head", "-n", "1", program]).removeprefix("#!")
        return handle(release, place, _ask(place, [interpreter, "-c", _VERSION]), [], program=program)

    def processes(self) -> list[int]:
        """A process for each session."""
        return [int(path.read_text(encoding="utf-8")) for path in self.place.folder.glob("*.pid")]

    def stop(self) -> None:
        """End the processes of all sessions."""
        super().stop()
        for path in self.place.folder.glob("*.pid"):
            path.unlink(missing_ok=True)

    def add_session(self, spec: SessionSpec) -> None:
        """Start a process, and wait until it is ready; that of a session with the same addresses is ended."""
        command = [self._program, *_options(spec), _own(spec), spec.peer]
        self.remove_session(spec)
        log = self._log(spec)
        log.unlink(missing_ok=True)
        pid = self.place.spawn(command, log)
        self._pid(spec).write_text(str(pid), encoding="utf-8")
        try:
            await_answer(lambda: _ready(log), pid, log, f"{self.name}: add_session {spec.name}: the process")
        except BaseException as error:
            self.remove_session(spec)
            if _TAKEN in str(error):
                raise LackError(f"{error} (two sessions cannot have one local address)") from None
            raise

    def remove_session(self, spec: SessionSpec) -> None:
        """End the process, without a word on the wire; no error where there is none."""
        path = self._pid(spec)
        if path.exists():
            self.place.terminate([int(path.read_text(encoding="utf-8"))])
            path.unlink()

    def check_lack(self, capability: Capability, spec: SessionSpec) -> str:
        """As any daemon's; no process is started for a word that cannot be said to it."""
        if capability in _UNTOLD:
            self._refuse(self.lacks[capability])
        return super().check_lack(capability, spec)

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Refused: nobody can tell a running aiobfd anything."""
        self._refuse("a running aiobfd takes no commands")

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Refused, as `set_timers`."""
        self._refuse("a running aiobfd takes no commands")

    def show(self, spec: SessionSpec) -> SessionView:
        """What the log says last of the session's state. Raises NodeError when the process has ended by itself."""
        path = self._pid(spec)
        if not path.exists():
            return SessionView(state="absent")
        said = self._log(spec).read_text(encoding="utf-8", errors="replace")
        if exited(int(path.read_text(encoding="utf-8")), 0):
            raise NodeError(f"{self.name}: show {spec.name}: the process has ended: {_last(said)}")
        return view(said)

    def _refuse(self, why: str) -> NoReturn:
        raise LackError(f"{self.name}: {why}")

    def _pid(self, spec: SessionSpec) -> Path:
        return self.place.folder / f"{_own(spec)}-{spec.peer}.pid"

    def _log(self, spec: SessionSpec) -> Path:
        return self._pid(spec).with_suffix(".log")


def view(said: str) -> SessionView:
    """The session of which a log tells. It is unknown while the log tells nothing."""
    state, diag = "unknown", None
    for line in said.splitlines():
        for ending, then, why in _SAYINGS:
            if line.endswith(ending):
                state, diag = then, diag if why is None else why
    return SessionView(state=state, diag=diag, raw={"log": said})


def _ask(place: Place, command: Sequence[str]) -> str:
    done = run(place, command)
    if done.returncode != 0:
        raise NodeError(f"aiobfd: {' '.join(command[:2])}: {_last(done.stderr)}")
    return done.stdout.strip()


def _ready(log: Path) -> None:
    if _READY not in log.read_text(encoding="utf-8", errors="replace"):
        raise NodeError(f"no {_READY!r} in its log")


def _options(spec: SessionSpec) -> list[str]:
    """Raises LackError for what has no option at all: a part of a millisecond."""
    options = ["-t", _milliseconds(spec.desired_min_tx_us), "-r", _milliseconds(spec.required_min_rx_us)]
    options += ["-m", str(spec.detect_mult)]
    options += ["-p"] if spec.passive else []
    return options + [option for option, needed in _UNHEARD_OF if needed(spec)]


def _milliseconds(value_us: int) -> str:
    whole, rest = divmod(value_us, 1000)
    if rest:
        raise LackError(f"aiobfd: {value_us} us: it takes whole milliseconds")
    return str(whole)


def _own(spec: SessionSpec) -> str:
    """The local address, with the interface where the address alone says too little."""
    return f"{spec.local}%{spec.interface}" if ip_address(spec.local).is_link_local else spec.local


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"
