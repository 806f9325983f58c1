"""Open vSwitch as a node: every interface of its place is a port of a bridge of the userspace datapath, and a session
is what the `bfd` column of the port says. Tried with Open vSwitch 4.0.

A port has one session, whatever its addresses, so a spec's name only serves messages. Intervals are whole milliseconds.
The column takes any key and heeds those it knows; what it has no key for cannot even be tried.
"""

import contextlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar, NoReturn

from topologies.errors import LabError
from topologies.node import LackError, NodeError, SessionSpec, SessionView
from topologies.nodes.adapter import Handle, await_answer
from topologies.nodes.daemon import DaemonNode, handle
from topologies.nodes.manifest import Manifest, Release, load_manifest
from topologies.nodes.ovs import bridges
from topologies.nodes.ovs.switch import Switch, SwitchError, control, database
from topologies.place import Place, run

_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
_TOOLS = ("ovs-vsctl", "ovs-appctl")
_ABSENT = "no such bfd object"

_STATES = ("admin_down", "down", "init", "up")

_DIAGS = {
    "No Diagnostic": 0,
    "Control Detection Time Expired": 1,
    "Echo Function Failed": 2,
    "Neighbor Signaled Session Down": 3,
    "Forwarding Plane Reset": 4,
    "Path Down": 5,
    "Concatenated Path Down": 6,
    "Administratively Down": 7,
    "Reverse Concatenated Path Down": 8,
}

_SHOWN = {"mult": "Detect Multiplier", "min_rx": "Local Minimum RX Interval"}
"""What the switch shows of the keys that it may have understood otherwise."""


class OvsNode(DaemonNode):
    """One running Open vSwitch."""

    manifest: ClassVar[Manifest] = load_manifest(Path(__file__).parent)

    def __init__(self, handle: Handle) -> None:
        """See `attach`: only the place's namespace and the sockets in its folder are used."""
        super().__init__(handle)
        self._switch = Switch(self.place, handle["tools"])
        self._ports: list[str] = handle["ports"]

    @classmethod
    def start(cls, place: Place, release: Release) -> Handle:
        """Start ovsdb-server and ovs-vswitchd in the foreground of a session of their own, all of it in the place's
        folder, and give every interface that is there to a bridge.

        Raises NodeError with the daemon's last words when one does not answer.
        """
        tools = {name: release.find(name, place.root) for name in _TOOLS}
        switch = Switch(place, tools)
        processes: list[int] = []
        _create_database(place, release)
        try:
            for daemon, answer in (
                ("ovsdb-server", partial(switch.configure, "--no-wait", "init")),
                ("ovs-vswitchd", partial(switch.ask, "version")),
            ):
                log = place.folder / f"{daemon}.log"
                processes.append(place.spawn(_command(place, release.find(daemon, place.root)), log))
                said = await_answer(answer, processes[-1], log, f"{release.name}: {daemon}")
            # Its refusals are in its log only, and must not be dropped there because of what other sessions said.
            switch.ask("vlog/disable-rate-limit", "bfd")
            ports = bridges.interfaces(place)
            switch.configure(*bridges.commands(ports))
            bridges.move_in(place, ports)
        except BaseException:
            place.terminate(processes)
            raise
        return handle(release, place, said.split()[-1], processes, tools=tools, ports=list(ports))

    def stop(self) -> None:
        """End its processes; the interfaces have their addresses again."""
        super().stop()
        with contextlib.suppress(NodeError):  # the namespace may have gone, too
            bridges.move_out(self.place, self._ports)

    def add_session(self, spec: SessionSpec) -> None:
        """Create the session; one with the same peer on the same port is replaced. Nothing is left of a refused one."""
        self._refuse_unusual(spec)
        timers = _timers(spec.desired_min_tx_us, spec.required_min_rx_us, spec.detect_mult)
        try:
            peer = self._switch.bfd(spec.interface).get("bfd_dst_ip")
            if peer not in (None, spec.peer):
                self._refuse(f"a port has one session, and that of {spec.interface} is with {peer}")
            if peer is not None:
                self._clear(spec)
            self._add(spec, {**timers, "bfd_src_ip": spec.local, "bfd_dst_ip": spec.peer})
        except SwitchError as error:
            raise self._failed("add_session", spec, error) from error
        try:
            self._check("add_session", spec, timers)
        except NodeError:
            self.remove_session(spec)
            raise

    def remove_session(self, spec: SessionSpec) -> None:
        """Delete the session; no error where it does not exist."""
        try:
            if self._switch.bfd(spec.interface).get("bfd_dst_ip") == spec.peer:
                self._clear(spec)
        except SwitchError as error:
            raise self._failed("remove_session", spec, error) from error

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Change parameters of the session by one transaction; those that are refused stay as they were."""
        timers = _timers(desired_min_tx_us, required_min_rx_us, detect_mult)
        before = self._set("set_timers", spec, timers)
        try:
            self._check("set_timers", spec, timers)
        except NodeError:
            self._set("set_timers", spec, {key: before[key] for key in timers})
            raise

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """`bfd:enable`, which is not about the session's state but about its life: without it there is none."""
        self._set("set_admin", spec, {"enable": "true" if enabled else "false"})
        if not enabled:
            state = self._state(spec)
            self._set("set_admin", spec, {"enable": "true"})
            raise NodeError(f"{self.name}: set_admin {spec.name}: after bfd:enable=false the session is {state.state}")

    def set_path_down(self, spec: SessionSpec, diag: int) -> None:
        """`bfd:cpath_down`, which is diagnostic 6."""
        if diag not in (0, _DIAGS["Concatenated Path Down"]):
            self._refuse(f"no key of the bfd column reports diagnostic {diag}")
        self._set("set_path_down", spec, {"cpath_down": "true" if diag else "false"})

    def verify(self, spec: SessionSpec) -> None:
        """Tried in the words that ovs-vswitchd would have for it."""
        self._tell("verify", spec, "bfd/poll", spec.interface)

    def reset_forwarding(self, spec: SessionSpec) -> None:
        """Tried in the words that ovs-vswitchd would have for it."""
        self._tell("reset_forwarding", spec, "bfd/reset-forwarding", spec.interface)

    def set_congested(self, spec: SessionSpec, *, congested: bool) -> None:
        """Tried in the words that ovs-vswitchd would have for it."""
        self._tell("set_congested", spec, "bfd/set-congested", spec.interface, str(congested).lower())

    def show(self, spec: SessionSpec) -> SessionView:
        """The session as `bfd/show` has it."""
        try:
            if self._switch.bfd(spec.interface).get("bfd_dst_ip") != spec.peer:
                return SessionView(state="absent")
        except SwitchError as error:
            raise self._failed("show", spec, error) from error
        return self._state(spec)

    def _add(self, spec: SessionSpec, bfd: Mapping[str, str]) -> None:
        """Fill the bfd column of a port that has no session."""
        log = self.place.folder / "ovs-vswitchd.log"
        end = log.stat().st_size
        self._switch.configure(*_set_words(spec, {"enable": "true", "bfd_local_dst_mac": self._mac(spec), **bfd}))
        with log.open(encoding="utf-8") as lines:
            lines.seek(end)
            said = lines.read()
        for address in (spec.local, spec.peer):
            refusal = f'"{address}" is not a valid IP address'
            if refusal in said:
                self._clear(spec)
                raise SwitchError(refusal)

    def _clear(self, spec: SessionSpec) -> None:
        self._switch.configure("clear", "interface", spec.interface, "bfd")

    def _set(self, verb: str, spec: SessionSpec, bfd: Mapping[str, str]) -> dict[str, str]:
        """Change keys of a session that exists, and return all as they were."""
        try:
            before = self._switch.bfd(spec.interface)
            if before.get("bfd_dst_ip") != spec.peer:
                raise SwitchError(f"there is no session with {spec.peer} on {spec.interface}")
            self._switch.configure(*_set_words(spec, bfd))
        except SwitchError as error:
            raise self._failed(verb, spec, error) from error
        return before

    def _check(self, verb: str, spec: SessionSpec, timers: Mapping[str, str]) -> None:
        """Has the switch understood? Raises NodeError where it shows something else."""
        view = self._state(spec)
        for key, shown in _SHOWN.items():
            # While the session is Up, another interval may have to wait for the end of a Poll Sequence.
            if key in timers and (key == "mult" or view.state != "up"):
                value = str(view.raw.get(shown)).removesuffix("ms")
                if value != timers[key]:
                    raise NodeError(
                        f"{self.name}: {verb} {spec.name}: bfd:{key}={timers[key]} was accepted, but {value} is shown"
                    )

    def _state(self, spec: SessionSpec) -> SessionView:
        try:
            return view(self._switch.ask("bfd/show", spec.interface))
        except SwitchError as error:
            if str(error) == _ABSENT:
                return SessionView(state="absent")
            raise self._failed("show", spec, error) from error

    def _tell(self, verb: str, spec: SessionSpec, *command: str) -> None:
        try:
            self._switch.ask(*command)
        except SwitchError as error:
            raise self._failed(verb, spec, error) from error

    def _mac(self, spec: SessionSpec) -> str:
        """Where the port's packets go: the switch does not ask its neighbours."""
        from topologies.neighbours import resolve  # noqa: PLC0415 - pyroute2 is there on Linux only

        try:
            return resolve(bridges.bridge(spec.interface), spec.peer, self.place.namespace)
        except LabError as error:
            raise SwitchError(str(error)) from error

    def _refuse_unusual(self, spec: SessionSpec) -> None:
        super()._refuse_unusual(spec)
        for asked, what in (
            (spec.kind == "multi_hop", "a session that belongs to no port"),
            (spec.passive, "the Passive role"),
            (spec.demand, "Demand mode"),
            (spec.control_plane_independent, "the C bit"),
            (spec.required_min_echo_rx_us or spec.desired_min_echo_tx_us, "the Echo function"),
            (spec.auth is not None, "authentication"),
            (spec.padded_pdu_size, "padding"),
        ):
            if asked:
                self._refuse(f"the bfd column has no key for {what}")

    def _refuse(self, why: str) -> NoReturn:
        raise LackError(f"{self.name}: {why}")

    def _failed(self, verb: str, spec: SessionSpec, error: NodeError) -> NodeError:
        return NodeError(f"{self.name}: {verb} {spec.name}: {error}")


def view(answer: str) -> SessionView:
    """Read an answer to `bfd/show`, a line for each value. What it calls otherwise is unknown, or None."""
    pairs = (line.split(":", 1) for line in answer.splitlines() if ":" in line)
    raw = {name.strip(): value.strip() for name, value in pairs}
    state = raw.get("Local Session State")
    return SessionView(
        state=state if state in _STATES else "unknown", diag=_DIAGS.get(raw.get("Local Diagnostic", "")), raw=raw
    )


def milliseconds(name: str, value_us: int) -> int:
    """Microseconds as the bfd column takes them. Raises LackError for a part of a millisecond."""
    whole, rest = divmod(value_us, 1000)
    if rest:
        raise LackError(f"ovs: {name} of {value_us} us: Open vSwitch takes whole milliseconds")
    return whole


def _timers(desired_min_tx_us: int | None, required_min_rx_us: int | None, detect_mult: int | None) -> dict[str, str]:
    """The keys of the bfd column for what was asked for."""
    keys = {}
    if desired_min_tx_us is not None:
        keys["min_tx"] = str(milliseconds("Desired Min TX Interval", desired_min_tx_us))
    if required_min_rx_us is not None:
        keys["min_rx"] = str(milliseconds("Required Min RX Interval", required_min_rx_us))
    if detect_mult is not None:
        keys["mult"] = str(detect_mult)
    return keys


def _set_words(spec: SessionSpec, bfd: Mapping[str, str]) -> list[str]:
    return ["set", "interface", spec.interface, *(f'bfd:{key}="{value}"' for key, value in bfd.items())]


def _create_database(place: Place, release: Release) -> None:
    file = place.folder / "conf.db"
    file.unlink(missing_ok=True)
    created = run(place, [release.find("ovsdb-tool", place.root), "create", str(file), _SCHEMA])
    if created.returncode != 0:
        raise NodeError(f"{release.name}: {created.stderr.strip()}")


def _command(place: Place, program: str) -> list[str]:
    """How a daemon is started; what it makes besides the sockets named here, it makes in its run folder."""
    command = ["env", f"OVS_RUNDIR={place.folder}", program]
    if Path(program).name == "ovs-vswitchd":
        command += [f"unix:{database(place)}", f"--unixctl={control(place)}"]
    else:
        command += [f"{place.folder}/conf.db", f"--remote=punix:{database(place)}"]
        command += [f"--unixctl={place.folder}/ovsdb-server.ctl"]
    return [*command, "--verbose=syslog:off"]
