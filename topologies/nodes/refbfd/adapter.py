"""refbfd as a node: a process in the target namespace, commanded with refbfdctl over its unix socket."""

import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from topologies.errors import LabError
from topologies.node import AuthSpec, NodeError, SessionSpec, SessionView
from topologies.nodes.adapter import Handle, await_answer
from topologies.nodes.daemon import DaemonNode, handle
from topologies.nodes.manifest import Manifest, Release, load_manifest
from topologies.nodes.template import render
from topologies.place import Place, run

_HERE = Path(__file__).parent
_REFUSED = 1
"""Exit status of refbfdctl when the daemon answered with a refusal."""


class RefbfdNode(DaemonNode):
    """One running refbfd."""

    manifest: ClassVar[Manifest] = load_manifest(_HERE)

    def __init__(self, handle: Handle) -> None:
        """See `attach`: only the control socket is used."""
        super().__init__(handle)
        self._names: dict[str, list[str]] = {}
        """The names under which clients of this adapter's asked for a session."""
        self._control = Control(self.place, handle["refbfdctl"])

    @classmethod
    def start(cls, place: Place, release: Release) -> Handle:
        """Start refbfd with no session, log and control socket in the place's folder.

        Raises NodeError with the daemon's last words when it does not answer.
        """
        log, config = place.folder / "refbfd.log", place.folder / "refbfd.yaml"
        daemon, program = release.find("refbfd", place.root), release.find("refbfdctl", place.root)
        config.write_text(render(_HERE / "refbfd.yaml.j2", run_id=place.run_id), encoding="utf-8")
        argv = [daemon, "--config", str(config), "--control", str(_socket(place)), "--log-format", "json"]
        process = place.spawn(argv, log)
        try:
            await_answer(lambda: Control(place, program).run("show"), process, log, release.name)
        except BaseException:
            place.terminate([process])
            raise
        version = importlib.metadata.version("bfdspec")
        return handle(release, place, version, [process], refbfdctl=program)

    def add_session(self, spec: SessionSpec) -> None:
        """Create the session under the spec's name."""
        self._add(spec, spec.name)
        self._names[spec.name] = [spec.name]

    def remove_session(self, spec: SessionSpec) -> None:
        """Delete the session, whoever shares it, and have it take no leave; no error where it does not exist."""
        for name in self._names.pop(spec.name, [spec.name]):
            try:
                self._control.run("remove", name, "--at-once")
            except RefusedError:
                if self.show(replace(spec, name=name)).state != "absent":
                    raise

    def share_session(self, spec: SessionSpec, client: str) -> None:
        """Ask for the same session under a name of the client's."""
        name = f"{spec.name}-{client}"
        self._add(spec, name)
        self._names[spec.name].append(name)

    def withdraw_client(self, spec: SessionSpec, client: str = "") -> None:
        """Remove the client's name."""
        name = f"{spec.name}-{client}" if client else spec.name
        self._control.run("remove", name)
        self._names[spec.name].remove(name)

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Change parameters of the session in one command."""
        self._control.run("set", spec.name, *_timer_options(desired_min_tx_us, required_min_rx_us, detect_mult))

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Administratively enable or disable the session."""
        self._control.run("admin", spec.name, "up" if enabled else "down")

    def set_demand(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Ask for Demand mode, or stop asking."""
        self._control.run("demand", spec.name, "on" if enabled else "off")

    def verify(self, spec: SessionSpec) -> None:
        """Have the session verify connectivity."""
        self._control.run("verify", spec.name)

    def set_path_down(self, spec: SessionSpec, diag: int) -> None:
        """Report a failure of the concatenated path, or that it is over."""
        self._control.run("path", spec.name, {0: "up", 6: "down", 8: "reverse-down"}[diag])

    def reset_forwarding(self, spec: SessionSpec) -> None:
        """Report a reset of the forwarding plane."""
        self._control.run("reset-forwarding", spec.name)

    def set_congested(self, spec: SessionSpec, *, congested: bool) -> None:
        """Report congestion, or that it is over."""
        self._control.run("congestion", spec.name, "on" if congested else "off")

    def deconfigure(self, spec: SessionSpec) -> None:
        """Delete the session; it goes on saying AdminDown for a while."""
        self._control.run("remove", spec.name)

    def set_echo(
        self,
        spec: SessionSpec,
        *,
        required_min_echo_rx_us: int | None = None,
        desired_min_echo_tx_us: int | None = None,
    ) -> None:
        """Change what is done with Echo packets."""
        self._control.run("set", spec.name, *_echo_options(required_min_echo_rx_us, desired_min_echo_tx_us))

    def set_keys(self, spec: SessionSpec, auth: AuthSpec) -> None:
        """Other keys for the running session."""
        self._control.run("keys", spec.name, "-", stdin=_auth_document(auth))

    def show(self, spec: SessionSpec) -> SessionView:
        """The session as `refbfdctl show` has it; a session that it refuses to show is absent."""
        try:
            text = self._control.run("show", spec.name)
        except RefusedError:
            return SessionView(state="absent")
        try:
            raw: dict[str, Any] = json.loads(text)
            return SessionView(state=raw["state"], diag=raw["local_diag"], raw=raw)
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise NodeError(f"refbfd: show {spec.name}: {error!r} in {text.strip()!r}") from error

    def _add(self, spec: SessionSpec, name: str) -> None:
        if spec.vrf:
            self._refuse("its configuration has no words for sessions in a VRF")
        where = {"peer": spec.peer, "local": spec.local, "interface": spec.interface, "type": spec.kind}
        signalled = {"local-discriminator": spec.local_discr, "remote-discriminator": spec.remote_discr}
        options = [word for key, value in (where | signalled).items() if value for word in (f"--{key}", str(value))]
        options += _timer_options(spec.desired_min_tx_us, spec.required_min_rx_us, spec.detect_mult)
        options += ["--dscp", str(spec.dscp)] if spec.dscp is not None else []
        options += ["--padded-pdu-size", str(spec.padded_pdu_size)] if spec.padded_pdu_size else []
        options += _echo_options(spec.required_min_echo_rx_us or None, spec.desired_min_echo_tx_us or None)
        options += _flags(spec)
        if spec.auth is None:
            self._control.run("add", name, *options)
        else:  # keys among the arguments could be read by everybody
            self._control.run("add", name, *options, "--auth", "-", stdin=_auth_document(spec.auth))


class RefusedError(NodeError):
    """The daemon answered, and refused."""


class Control:
    """refbfdctl as a function, for one daemon."""

    def __init__(self, place: Place, program: str) -> None:
        self._place = place
        self._command = [program, "--socket", str(_socket(place)), "--json"]

    def run(self, *words: str, stdin: str = "") -> str:
        """Give one command, with `stdin` for it to read, and return what it printed.

        Raises RefusedError, and NodeError when there is no answer.
        """
        what = f"refbfd: {' '.join(words[:2])}"
        try:
            done = run(self._place, [*self._command, *words], stdin=stdin)
        except LabError as error:
            raise NodeError(f"{what}: {error}") from None
        if done.returncode != 0:
            kind = RefusedError if done.returncode == _REFUSED else NodeError
            lines = done.stderr.strip().splitlines()
            raise kind(f"{what}: {lines[-1] if lines else f'refbfdctl ends with {done.returncode} and no word'}")
        return done.stdout


def _socket(place: Place) -> Path:
    return place.folder / "control.sock"


def _flags(spec: SessionSpec) -> list[str]:
    flags = {
        "--passive": spec.passive,
        "--point-to-point": spec.point_to_point,
        "--demand": spec.demand,
        "--control-plane-independent": spec.control_plane_independent,
    }
    return [flag for flag, wanted in flags.items() if wanted]


_AUTH_TYPES = ("simple_password", "keyed_md5", "meticulous_keyed_md5", "keyed_sha1", "meticulous_keyed_sha1")
"""refbfd's words for the Auth Types from 1 on."""


def _auth_document(auth: AuthSpec) -> str:
    """What refbfdctl reads; keys in hexadecimal, because they may be any bytes."""
    keys = {str(key.id): f"hex:{key.secret.hex()}" for key in auth.keys}
    return json.dumps({"type": _AUTH_TYPES[auth.type - 1], "keys": keys, "send_key": auth.send})


def _timer_options(desired_min_tx_us: int | None, required_min_rx_us: int | None, detect_mult: int | None) -> list[str]:
    options = {
        "--desired-min-tx": None if desired_min_tx_us is None else f"{desired_min_tx_us}us",
        "--required-min-rx": None if required_min_rx_us is None else f"{required_min_rx_us}us",
        "--detect-mult": detect_mult,
    }
    return _words(options)


def _echo_options(required_min_echo_rx_us: int | None, desired_min_echo_tx_us: int | None) -> list[str]:
    return _words(
        {
            "--echo-required-min-rx": None if required_min_echo_rx_us is None else f"{required_min_echo_rx_us}us",
            "--echo-transmit": None if desired_min_echo_tx_us is None else f"{desired_min_echo_tx_us}us",
        }
    )


def _words(options: Mapping[str, str | int | None]) -> list[str]:
    return [str(word) for option, value in options.items() if value is not None for word in (option, value)]
