"""FRRouting as a node: zebra and bfdd in the target namespace, sessions through vtysh. Tried with 8.4, 10.3, 10.7.
bgpd joins them where there is a BGP neighbour.

FRR knows a session by its addresses, so a spec's name only serves messages. Its intervals are whole milliseconds.
"""

import contextlib
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from topologies.node import AuthSpec, BgpSpec, BgpView, NodeError, SessionSpec, SessionView
from topologies.nodes.adapter import Handle, await_answer
from topologies.nodes.daemon import DaemonNode, handle
from topologies.nodes.frr.bgp import bgp_view, neighbour_lines, routes_command
from topologies.nodes.frr.keychain import key_chain, session_lines
from topologies.nodes.frr.vtysh import Vtysh, VtyshError, last_json
from topologies.nodes.manifest import Manifest, Release, load_manifest
from topologies.nodes.template import render
from topologies.place import Place, reopen, run

_HERE = Path(__file__).parent
_TEMPLATE = _HERE / "frr.conf.j2"
_USER = "frr"
_DAEMONS = ("zebra", "bfdd")
"""In the order of their start: bfdd learns the interfaces from zebra."""
_BGPD = "bgpd"
_ABSENT = "Unable to find"

_STATES = {"shutdown": "admin_down", "down": "down", "init": "init", "up": "up"}

_DIAGS = {
    "ok": 0,
    "control detection time expired": 1,
    "echo function failed": 2,
    "neighbor signaled session down": 3,
    "forwarding plane reset": 4,
    "path down": 5,
    "concatenated path down": 6,
    "administratively down": 7,
    "reverse concatenated path down": 8,
}


class FrrNode(DaemonNode):
    """bfdd of one running instance."""

    manifest: ClassVar[Manifest] = load_manifest(_HERE)
    knows_vrfs = True

    def __init__(self, handle: Handle) -> None:
        """See `attach`: only the vty sockets are used."""
        super().__init__(handle)
        self._vtysh = Vtysh(self.place, handle["vtysh"])
        self._bgpd = Vtysh(self.place, handle["vtysh"], _BGPD)

    @classmethod
    def start(cls, place: Place, release: Release) -> Handle:
        """Start zebra, then bfdd, in the foreground of a session of their own, logs in the place's folder.

        Raises NodeError with the daemon's last words when one does not answer.
        """
        from topologies.netns import make_router  # noqa: PLC0415 - pyroute2 is there on Linux only

        vtysh = release.find("vtysh", place.root)
        processes: list[int] = []
        make_router(place.namespace)  # bfdd leaves it to the kernel to loop IPv4 Echo packets back
        _prepare(place, *_DAEMONS)
        try:
            for daemon in _DAEMONS:
                processes.append(_spawn(place, release, daemon))
                banner = _await_daemon(place, vtysh, daemon, processes[-1], release.name)
        except BaseException:
            place.terminate(processes)
            raise
        return handle(release, place, _version(banner), processes, vtysh=vtysh)

    @classmethod
    def start_bgp(cls, handle: Handle, own: BgpSpec) -> Handle:
        """Start bgpd."""
        place, release = reopen(handle["place"]), cls.manifest.release(handle["node"])
        _prepare(place, _BGPD)
        process = _spawn(place, release, _BGPD)
        try:
            _await_daemon(place, handle["vtysh"], _BGPD, process, release.name)
        except BaseException:
            place.terminate([process])
            raise
        return {**handle, "processes": [*handle["processes"], process]}

    def add_session(self, spec: SessionSpec) -> None:
        """Create the session; one with the same addresses is replaced. Nothing is left of a refused one."""
        self._refuse_unusual(spec)
        lines = _mode_lines(spec)
        lines += session_lines(_chain(spec), spec.auth) if spec.auth is not None else []
        timers = _timer_settings(spec.desired_min_tx_us, spec.required_min_rx_us, spec.detect_mult)
        try:
            if spec.auth is not None:
                self.remove_session(spec)  # no key chain can be removed that a session uses
                self._tell_keys("add_session", spec, spec.auth)
            shown = self._configure(
                "add_session",
                spec,
                [f"no {_peer(spec)}", _peer(spec), *lines, *_lines(timers), "no shutdown"],
                expected={**timers, "passive-mode": spec.passive},
            )
            if spec.auth is not None and not shown.get("authentication", {}).get("enabled"):
                raise NodeError(
                    f"{self.name}: add_session {spec.name}: {session_lines(_chain(spec), spec.auth)[-1]} was accepted, "
                    f"but authentication is not enabled with keys of type {spec.auth.type}"
                )
        except NodeError:
            with contextlib.suppress(NodeError):  # the first refusal is the one to tell
                self.remove_session(spec)
            raise

    def _tell_keys(self, verb: str, spec: SessionSpec, auth: AuthSpec, before: AuthSpec | None = None) -> None:
        """In a file, since every user of the machine can read the arguments of a program."""
        path = self.place.folder / f"{_chain(spec)}.conf"
        path.touch(mode=0o600)
        path.write_text(key_chain(_chain(spec), auth, before), encoding="ascii")
        try:
            self._vtysh.read(path)
        except VtyshError as error:
            raise self._refused(verb, spec, error) from error
        finally:
            path.unlink()

    def set_keys(self, spec: SessionSpec, auth: AuthSpec) -> None:
        """Other keys in the session's key chain."""
        self._tell_keys("set_keys", spec, auth, spec.auth)

    def remove_session(self, spec: SessionSpec) -> None:
        """Delete the session; no error where it does not exist."""
        try:
            self._vtysh.run(["configure terminal", "bfd", f"no {_peer(spec)}", "end", _show(spec)])
        except VtyshError as error:
            if _ABSENT in str(error):
                return
            raise self._refused("remove_session", spec, error) from error
        raise NodeError(f"{self.name}: remove_session {spec.name}: the session is still there")

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Change parameters of the session in one call of vtysh."""
        timers = _timer_settings(desired_min_tx_us, required_min_rx_us, detect_mult)
        self._configure("set_timers", spec, [_peer(spec), *_lines(timers)], expected=timers, must_exist=True)

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """`no shutdown` or `shutdown`."""
        shown = self._configure(
            "set_admin", spec, [_peer(spec), "no shutdown" if enabled else "shutdown"], must_exist=True
        )
        if (view(shown).state != "admin_down") != enabled:
            raise NodeError(f"{self.name}: set_admin {spec.name}: accepted, but status is {shown.get('status')}")

    def set_demand(self, spec: SessionSpec, *, enabled: bool) -> None:
        """`demand-mode`, as FRR names its other modes: it knows no such line, and says so."""
        line = "demand-mode" if enabled else "no demand-mode"
        self._configure("set_demand", spec, [_peer(spec), line], must_exist=True)

    def verify(self, spec: SessionSpec) -> None:
        """`bfd poll`, which FRR does not know, either."""
        try:
            self._vtysh.run([f"bfd poll {_peer(spec)}"])
        except VtyshError as error:
            raise self._refused("verify", spec, error) from error

    def set_path_down(self, spec: SessionSpec, diag: int) -> None:
        """Tried in the words that bfdd would have for it."""
        self._configure("set_path_down", spec, [_peer(spec), f"concatenated-path-down {diag}"], must_exist=True)

    def reset_forwarding(self, spec: SessionSpec) -> None:
        """Tried in the words that bfdd would have for it."""
        self._configure("reset_forwarding", spec, [_peer(spec), "forwarding-plane-reset"], must_exist=True)

    def set_congested(self, spec: SessionSpec, *, congested: bool) -> None:
        """Tried in the words that bfdd would have for it."""
        line = "congestion" if congested else "no congestion"
        self._configure("set_congested", spec, [_peer(spec), line], must_exist=True)

    def set_echo(
        self,
        spec: SessionSpec,
        *,
        required_min_echo_rx_us: int | None = None,
        desired_min_echo_tx_us: int | None = None,
    ) -> None:
        """`echo receive-interval` and `echo-mode` with `echo transmit-interval`."""
        lines = _echo_lines(required_min_echo_rx_us, desired_min_echo_tx_us)
        self._configure("set_echo", spec, [_peer(spec), *lines], must_exist=True)

    def add_bgp(self, spec: BgpSpec, bfd: SessionSpec | None) -> None:
        """A neighbour of bgpd, which asks bfdd for the session: its timers are in a profile that the neighbour names.

        A `peer` of the same addresses would be a second client of that session, and all clients of one share its
        parameters (RFC 5882 section 4.1): whose would count?
        """
        profile = ""
        try:
            if bfd is not None:
                self._refuse_unusual(bfd)
                if bfd.auth is not None:
                    raise NodeError(f"{self.name}: add_bgp {spec.name}: a profile has no words for authentication")
                profile = f"of-{bfd.name}"
                timers = _timer_settings(bfd.desired_min_tx_us, bfd.required_min_rx_us, bfd.detect_mult)
                self._vtysh.run(
                    ["configure terminal", "bfd", f"profile {profile}", *_mode_lines(bfd), *_lines(timers), "end"]
                )
            self._bgpd.run(neighbour_lines(spec, profile))
        except VtyshError as error:
            raise NodeError(f"{self.name}: add_bgp {spec.name}: {error}") from error

    def show_bgp(self, spec: BgpSpec) -> BgpView:
        """The neighbour as `show bgp neighbors ... json` has it, and its routes."""
        try:
            shown = last_json(self._bgpd.run([f"show bgp neighbors {spec.peer} json"]))
            return bgp_view(spec, shown, last_json(self._bgpd.run([routes_command(spec)])))
        except VtyshError as error:
            raise NodeError(f"{self.name}: show_bgp {spec.name}: {error}") from error

    def show(self, spec: SessionSpec) -> SessionView:
        """The session as `show bfd peer ... json` has it."""
        try:
            raw = last_json(self._vtysh.run([_show(spec)]))
        except VtyshError as error:
            if _ABSENT in str(error):
                return SessionView(state="absent")
            raise self._refused("show", spec, error) from error
        return view(raw)

    def _configure(
        self,
        verb: str,
        spec: SessionSpec,
        lines: Sequence[str],
        *,
        expected: Mapping[str, object] | None = None,
        must_exist: bool = False,
    ) -> dict[str, Any]:
        """Give configuration lines under `bfd` and return the session as shown afterwards, once it shows `expected`."""
        # `peer` creates what is not there; a failing `show` in front ends the call before that.
        guard = [_show(spec)] if must_exist else []
        try:
            shown = last_json(self._vtysh.run([*guard, "configure terminal", "bfd", *lines, "end", _show(spec)]))
        except VtyshError as error:
            raise self._refused(verb, spec, error) from error
        for key, value in (expected or {}).items():
            if shown.get(key) != value:
                raise NodeError(
                    f"{self.name}: {verb} {spec.name}: {key} {value} was accepted, but {shown.get(key)} is shown"
                )
        return shown

    def _refused(self, verb: str, spec: SessionSpec, error: VtyshError) -> NodeError:
        return NodeError(f"{self.name}: {verb} {spec.name}: {error}")


def view(raw: Mapping[str, Any]) -> SessionView:
    """Read an object of `show bfd peers json`. What FRR calls otherwise than expected is unknown, or None."""
    return SessionView(
        state=_STATES.get(str(raw.get("status")), "unknown"), diag=_DIAGS.get(str(raw.get("diagnostic"))), raw=raw
    )


def milliseconds(name: str, value_us: int) -> int:
    """Microseconds as FRR takes them. Raises NodeError for a part of a millisecond."""
    whole, rest = divmod(value_us, 1000)
    if rest:
        raise NodeError(f"frr: {name} of {value_us} us: FRR takes whole milliseconds")
    return whole


def _timer_settings(
    desired_min_tx_us: int | None, required_min_rx_us: int | None, detect_mult: int | None
) -> dict[str, int]:
    """The settings asked for, under FRR's names, which are the same in the configuration and in what it shows."""
    settings = {}
    if desired_min_tx_us is not None:
        settings["transmit-interval"] = milliseconds("Desired Min TX Interval", desired_min_tx_us)
    if required_min_rx_us is not None:
        settings["receive-interval"] = milliseconds("Required Min RX Interval", required_min_rx_us)
    if detect_mult is not None:
        settings["detect-multiplier"] = detect_mult
    return settings


def _mode_lines(spec: SessionSpec) -> list[str]:
    """What a session is to do, in words that a peer and a profile have in common."""
    lines = ["minimum-ttl 1"] if spec.kind == "multi_hop" else []  # FRR's own default admits one hop
    lines += ["passive-mode"] if spec.passive else []
    lines += ["demand-mode"] if spec.demand else []
    lines += ["control-plane-independent"] if spec.control_plane_independent else []
    lines += [f"pdu-size {spec.padded_pdu_size}"] if spec.padded_pdu_size else []
    return lines + (_echo_lines(spec.required_min_echo_rx_us, spec.desired_min_echo_tx_us) if _has_echo(spec) else [])


def _has_echo(spec: SessionSpec) -> bool:
    """FRR refuses any word about the Echo function in a multihop session; a wish for it has to be refused, too."""
    return spec.kind == "single_hop" or bool(spec.required_min_echo_rx_us or spec.desired_min_echo_tx_us)


def _echo_lines(required_min_echo_rx_us: int | None, desired_min_echo_tx_us: int | None) -> list[str]:
    """Configuration lines for the Echo function; 0 is off, None says nothing."""
    lines = []
    if required_min_echo_rx_us is not None:
        interval = milliseconds("Required Min Echo RX Interval", required_min_echo_rx_us) or "disabled"
        lines.append(f"echo receive-interval {interval}")
    if desired_min_echo_tx_us is not None:
        interval = milliseconds("Echo transmit interval", desired_min_echo_tx_us)
        lines += [f"echo transmit-interval {interval}", "echo-mode"] if interval else ["no echo-mode"]
    return lines


def _lines(settings: Mapping[str, int]) -> list[str]:
    return [f"{name} {value}" for name, value in settings.items()]


def _peer(spec: SessionSpec) -> str:
    return _named(spec) + (f" vrf {spec.vrf}" if spec.vrf else "")


def _named(spec: SessionSpec) -> str:
    """The peer within its VRF."""
    if spec.kind == "multi_hop":
        return f"peer {spec.peer} multihop local-address {spec.local}"
    return f"peer {spec.peer} local-address {spec.local} interface {spec.interface}"


def _chain(spec: SessionSpec) -> str:
    """The key chain of a session."""
    return f"of-{spec.name}"


def _show(spec: SessionSpec) -> str:
    return f"show bfd {f'vrf {spec.vrf} ' if spec.vrf else ''}{_named(spec)} json"


def _prepare(place: Place, *daemons: str) -> None:
    """Lay out the instance's folder; the daemons give up root and must be able to write there."""
    files = {f"{daemon}.conf": render(_TEMPLATE, daemon=daemon, run_id=place.run_id) for daemon in daemons}
    files["vtysh.conf"] = ""
    for name, text in files.items():
        (place.folder / name).write_text(text, encoding="utf-8")
    changed = run(place, ["chown", "-R", f"{_USER}:{_USER}", str(place.folder)])
    if changed.returncode != 0:
        raise NodeError(f"frr: {changed.stderr.strip()}")


def _spawn(place: Place, release: Release, daemon: str) -> int:
    return place.spawn(_command(place, release.find(daemon, place.root)), _log(place, daemon))


def _await_daemon(place: Place, vtysh: str, daemon: str, process: int, node: str) -> str:
    """What it says of its version, once it answers. Raises NodeError."""
    ask = partial(Vtysh(place, vtysh, daemon).run, ["show version"])
    return await_answer(ask, process, _log(place, daemon), f"{node}: {daemon}")


def _log(place: Place, daemon: str) -> Path:
    return place.folder / f"{daemon}.log"


def _command(place: Place, program: str) -> list[str]:
    daemon, folder = Path(program).name, place.folder
    command = [program, "-u", _USER, "-g", _USER, "-P", "0", "--log", "stdout", "-f", f"{folder}/{daemon}.conf"]
    command += ["-i", f"{folder}/{daemon}.pid", "--vty_socket", str(folder), "-z", f"{folder}/zserv.api"]
    # FRR 10 has no such socket any more; in earlier versions all instances would share one.
    if "--bfdctl" in run(place, [program, "--help"]).stdout:
        command += ["--bfdctl", f"{folder}/bfdd.sock"]
    return command


def _version(banner: str) -> str:
    found = re.search(r"^FRRouting (\S+)", banner, re.MULTILINE)
    if found is None:
        raise NodeError(f"frr: no version in {banner.splitlines()[:1]}")
    return found[1]
