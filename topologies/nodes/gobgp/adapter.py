"""GoBGP as a node: gobgpd in the target namespace, sessions through its configuration. Tried with GoBGP 4.8.0.

A BFD session belongs to a BGP neighbor and is known by its address. Where a session is added as such, BGP is of no
concern: its neighbor is passive and never comes up. The session is bound to the interface of the spec; its local
address is the kernel's choice.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar

from topologies.errors import LabError
from topologies.node import BGP_STATES, BgpSpec, BgpView, NodeError, SessionSpec, SessionView, given
from topologies.nodes.adapter import Handle, await_answer
from topologies.nodes.daemon import DaemonNode, handle
from topologies.nodes.gobgp.configuration import ADDED, LISTENING, REMOVED, Configuration, read_log
from topologies.nodes.manifest import Manifest, Release, load_manifest
from topologies.place import Place, reopen, run

_HERE = Path(__file__).parent
_SOCKET = "api.sock"

_INTERVAL_MAX_US = 0xFFFF_FFFF
_DETECT_MULT_MAX = 255

_STATES = {1: "up", 2: "down", 3: "admin_down", 4: "init"}
"""GoBGP's own numbers; those of RFC 5880 are others."""

_TAKEN = {
    "desired_min_tx_us": "desired_minimum_tx_interval",
    "required_min_rx_us": "required_minimum_receive",
    "detect_mult": "detection_multiplier",
}
"""Parameters of a session, under the names by which GoBGP shows what it took."""


class GobgpNode(DaemonNode):
    """One running gobgpd."""

    manifest: ClassVar[Manifest] = load_manifest(_HERE)

    def __init__(self, handle: Handle) -> None:
        """See `attach`."""
        super().__init__(handle)
        self._configuration = Configuration(self.place, self._processes[0])
        self._control = Control(self.place, handle["gobgp"])

    @classmethod
    def start(cls, place: Place, release: Release) -> Handle:
        """Start gobgpd with no session, in the foreground of a session of its own, and wait until it listens to BFD.

        Raises NodeError with the daemon's last words when it does not.
        """
        version = _version(run(place, [release.find("gobgpd", place.root), "--version"]).stdout)
        tool = release.find("gobgp", place.root)
        return handle(release, place, version, [_spawn(place, release)], gobgp=tool)

    @classmethod
    def start_bgp(cls, handle: Handle, own: BgpSpec) -> Handle:
        """Another gobgpd in its place: a running one keeps its AS number, and listens to BGP or does not."""
        place = reopen(handle["place"])
        place.terminate(handle["processes"])
        return {**handle, "processes": [_spawn(place, cls.manifest.release(handle["node"]), own)]}

    def add_session(self, spec: SessionSpec) -> None:
        """Create the session; one with the same neighbor is replaced. Nothing is left of a refused one."""
        self._refuse_unusual(spec)
        with self._changing("add_session", spec) as configuration:
            _check(spec)
            others = configuration.sessions()
            if others.pop(_neighbor(spec), None) is not None:
                configuration.apply(others)
            configuration.apply({**others, _neighbor(spec): spec})

    def remove_session(self, spec: SessionSpec) -> None:
        """Delete the session; no error where it does not exist."""
        with self._changing("remove_session", spec) as configuration:
            others = configuration.sessions()
            if others.pop(_neighbor(spec), None) is not None:
                configuration.apply(others)

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Tried, and undone: GoBGP takes other parameters, but not for the running session."""
        changes = given(
            desired_min_tx_us=desired_min_tx_us, required_min_rx_us=required_min_rx_us, detect_mult=detect_mult
        )
        self._change("set_timers", spec, changes)

    def set_demand(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Tried in a word that GoBGP might have for it."""
        self._change("set_demand", spec, {"demand": enabled})

    def set_echo(
        self,
        spec: SessionSpec,
        *,
        required_min_echo_rx_us: int | None = None,
        desired_min_echo_tx_us: int | None = None,
    ) -> None:
        """Tried in words that GoBGP might have for it."""
        changes = given(required_min_echo_rx_us=required_min_echo_rx_us, desired_min_echo_tx_us=desired_min_echo_tx_us)
        self._change("set_echo", spec, changes)

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """`neighbor ... disable`, which is about BGP alone: BFD goes on, and that is the refusal."""
        word = "enable" if enabled else "disable"
        neighbor = _neighbor(spec)
        with self._failing("set_admin", spec):
            self._control.run("neighbor", neighbor, word)
            state = view(self._control.neighbor(neighbor)).state
            if (state == "admin_down") == enabled:
                self._control.run("neighbor", neighbor, "enable")
                raise NodeError(f"neighbor {word} was accepted, but the BFD session is {state}")

    def show(self, spec: SessionSpec) -> SessionView:
        """The session as `gobgp neighbor` has it, which tells no diagnostic."""
        with self._failing("show", spec):
            return view(self._control.neighbor(_neighbor(spec)))

    def add_bgp(self, spec: BgpSpec, bfd: SessionSpec | None) -> None:
        """A neighbor that is not passive, with BFD or without."""
        with self._failing("add_bgp", spec):
            if bfd is not None:
                self._refuse_unusual(bfd)
                _check(bfd)
            with self._configuration.locked() as configuration:
                others = configuration.sessions()
                if spec.peer in others:
                    raise NodeError(f"the BFD session to {spec.peer} is its neighbor's: it is the one to ask for it")
                configuration.apply(others if bfd is None else {**others, spec.peer: bfd}, spec)
            for prefix in spec.announces:
                self._control.run("global", "rib", "add", prefix, "-a", f"ipv{ip_address(spec.peer).version}")

    def show_bgp(self, spec: BgpSpec) -> BgpView:
        """The neighbor as `gobgp neighbor` has it, and what came from it."""
        with self._failing("show_bgp", spec):
            told = bgp_view(self._control.neighbor(spec.peer))
            if told.state != "established":  # it would refuse to show routes
                return told
            return replace(told, routes=tuple(self._control.neighbor(spec.peer, "adj-in")))

    def _change(self, verb: str, spec: SessionSpec, changes: Mapping[str, Any]) -> None:
        """Write other words for an existing session, look at what GoBGP made of them, and take them back. Raises
        NodeError, always."""
        neighbor = _neighbor(spec)
        with self._changing(verb, spec) as configuration:
            before = configuration.sessions()
            if neighbor not in before:
                raise NodeError(f"there is no session to {spec.peer}")
            configuration.apply({**before, neighbor: replace(before[neighbor], **changes)})
            taken = self._control.neighbor(neighbor).get("bfd", {})
            configuration.apply(before)
            for name, value in changes.items():
                shown = taken.get(_TAKEN[name])
                if shown != value:
                    raise NodeError(f"{_TAKEN[name]} {value} was accepted, but {shown} is shown")
            raise NodeError(f"the session was ended and a new one begun: {REMOVED!r}, {ADDED!r}")

    @contextmanager
    def _changing(self, verb: str, spec: SessionSpec) -> Iterator[Configuration]:
        """The configuration, under its lock; see `_failing`."""
        with self._failing(verb, spec), self._configuration.locked() as configuration:
            yield configuration

    @contextmanager
    def _failing(self, verb: str, spec: SessionSpec | BgpSpec) -> Iterator[None]:
        """Errors within the context get the verb and the name of the session in front."""
        try:
            yield
        except NodeError as error:
            raise NodeError(f"{self.name}: {verb} {spec.name}: {error}") from error


class Control:
    """The command `gobgp` as a function, for one daemon; it talks over a unix socket."""

    def __init__(self, place: Place, program: str) -> None:
        self._place = place
        self._command = [program, "--target", _target(place), "-j"]

    def run(self, *words: str) -> str:
        """Give one command and return what it printed. Raises NodeError with GoBGP's own words."""
        try:
            done = run(self._place, [*self._command, *words])
        except LabError as error:
            raise NodeError(str(error)) from None
        if done.returncode != 0:
            raise NodeError(_error(done.stdout) or done.stderr.strip() or f"gobgp ends with {done.returncode}")
        return done.stdout

    def neighbor(self, address: str, *words: str) -> dict[str, Any]:
        """The neighbor as GoBGP shows it, or what else the `words` ask about it; {} where there is none."""
        try:
            text = self.run("neighbor", address, *words)
        except NodeError as error:
            if str(error) == f"not found neighbor {address}":
                return {}
            raise
        try:
            shown: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise NodeError(f"{error} in {text.strip()!r}") from error
        return shown


def view(neighbor: Mapping[str, Any]) -> SessionView:
    """Read an object of `gobgp -j neighbor`. A neighbor without BFD has no session; a state of an unknown number is
    unknown."""
    shown = neighbor.get("state", {}).get("bfd_state")
    if not shown:
        return SessionView(state="absent", raw=neighbor)
    return SessionView(state=_STATES.get(shown.get("session_state"), "unknown"), raw=neighbor)


def bgp_view(neighbor: Mapping[str, Any]) -> BgpView:
    """Read an object of `gobgp -j neighbor`, which has no routes. A state of an unknown number is unknown."""
    number = neighbor.get("state", {}).get("session_state", 0)
    return BgpView(state=BGP_STATES[number - 1] if 1 <= number <= len(BGP_STATES) else "unknown", raw=neighbor)


def _spawn(place: Place, release: Release, own: BgpSpec | None = None) -> int:
    """Start gobgpd with nothing to do, and wait until it listens to BFD. Raises NodeError."""
    configuration = Configuration(place)
    configuration.create(own)
    command = [release.find("gobgpd", place.root), "-f", str(configuration.path), "--api-hosts", _target(place)]
    command += ["--pprof-disable", "--metrics-path", ""]  # the ports that these would open are not wanted
    for left in (configuration.log, place.folder / _SOCKET):  # by an earlier life, which may have crashed
        left.unlink(missing_ok=True)
    process = place.spawn(command, configuration.log)
    try:
        await_answer(lambda: _listening(configuration.log), process, configuration.log, release.name)
    except BaseException:
        place.terminate([process])
        raise
    return process


def _check(spec: SessionSpec) -> None:
    """Raise NodeError for what GoBGP accepts and then does otherwise: for 0 it takes its default, and of a number that
    is too large it keeps the last bits."""
    for name, value, most in (
        ("Desired Min TX Interval", spec.desired_min_tx_us, _INTERVAL_MAX_US),
        ("Required Min RX Interval", spec.required_min_rx_us, _INTERVAL_MAX_US),
        ("Detect Mult", spec.detect_mult, _DETECT_MULT_MAX),
    ):
        if not 1 <= value <= most:
            raise NodeError(f"{name} of {value}: 1 to {most} are allowed")


def _neighbor(spec: SessionSpec) -> str:
    """What GoBGP calls the far end: a link-local address has its interface with it."""
    address = ip_address(spec.peer)
    return f"{address}%{spec.interface}" if address.is_link_local else str(address)


def _target(place: Place) -> str:
    return f"unix://{place.folder}/{_SOCKET}"


def _listening(log: Path) -> None:
    """Raises NodeError as long as gobgpd has not said that it listens."""
    if not any(line.get("msg") == LISTENING for line in read_log(log)[0]):
        raise NodeError("it does not listen to BFD")


def _error(text: str) -> str:
    """What `gobgp -j` says in a JSON object when it fails; "" where there is none."""
    try:
        return str(json.loads(text)["error"])
    except (ValueError, LookupError, TypeError):
        return ""


def _version(text: str) -> str:
    words = text.split()
    if words[:2] != ["gobgpd", "version"] or len(words) < 3:
        raise NodeError(f"gobgp: no version in {text.strip()!r}")
    return words[2]
