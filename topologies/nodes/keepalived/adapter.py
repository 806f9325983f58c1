"""keepalived as a node: instances of its BFD, each a session, and nothing that would act on them.

A session is an instance in the configuration, which is read anew on SIGHUP. An instance is known again by its name and
keeps its state then, but every instance gets a new socket, and with it another source port, and sends a packet at once.
So no session may share a daemon with those of another slot, and since the socket that hears is bound to no address, a
namespace has room for one daemon: each slot is a laboratory of its own (`one_slot` in node.yaml).

The view is what the BFD process writes to a file on SIGUSR1.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from topologies.node import NodeError, SessionSpec, SessionView, given
from topologies.nodes.adapter import Handle, await_answer
from topologies.nodes.daemon import DaemonNode, handle
from topologies.nodes.folder import write_whole
from topologies.nodes.keepalived.configuration import Configuration, conf, configured, greeting, log
from topologies.nodes.keepalived.state import Instance
from topologies.nodes.keepalived.wishes import Wish, key
from topologies.nodes.manifest import Manifest, Release, load_manifest
from topologies.place import Place

_HERE = Path(__file__).parent

_STATES = {"AdminDown": "admin_down", "Down": "down", "Init": "init", "Up": "up"}
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
"""keepalived's words for the Diagnostic codes of RFC 5880 section 4.1."""


class KeepalivedNode(DaemonNode):
    """One running keepalived: its parent process, which starts that of BFD when there is a first session."""

    manifest: ClassVar[Manifest] = load_manifest(_HERE)

    def __init__(self, handle: Handle) -> None:
        """See `attach`."""
        super().__init__(handle)
        self._configuration = Configuration(self.place, handle["program"], handle["processes"][0])

    @classmethod
    def start(cls, place: Place, release: Release) -> Handle:
        """Start keepalived with no session, in the foreground, all of it in the place's folder.

        Raises NodeError with the daemon's last words when it does not come up.
        """
        program = release.find("keepalived", place.root)
        for left in place.folder.glob("*"):  # by one that crashed here: its log greets, its pid files name nobody
            left.unlink()
        write_whole(conf(place), configured(place.run_id, {}))
        process = place.spawn(_command(place, program), log(place))
        try:
            version = await_answer(lambda: greeting(place), process, log(place), release.name)
        except BaseException:
            place.terminate([process])
            raise
        return handle(release, place, version, [process], program=program)

    def add_session(self, spec: SessionSpec) -> None:
        """Create the session; one with the same addresses is replaced. Nothing is left of a refused one."""
        self._refuse_unusual(spec)
        wish = Wish(f"s{secrets.token_hex(4)}", spec)
        with self._changing("add_session", spec) as configuration:
            others = {name: other for name, other in configuration.wishes().items() if name != key(spec)}
            configuration.apply({**others, key(spec): wish})
            state = view(configuration.state()[wish.instance]).state
            if state == "admin_down":  # so it is where no socket can be bound to the own address
                configuration.apply(others)
                raise NodeError(f"{spec.local}: keepalived cannot send from there")

    def remove_session(self, spec: SessionSpec) -> None:
        """Delete the session; no error where it does not exist."""
        with self._changing("remove_session", spec) as configuration:
            others = configuration.wishes()
            if others.pop(key(spec), None) is not None:
                configuration.apply(others)

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Change parameters of the session by one reading of the configuration."""
        changes = given(
            desired_min_tx_us=desired_min_tx_us, required_min_rx_us=required_min_rx_us, detect_mult=detect_mult
        )
        with self._changing("set_timers", spec) as configuration:
            wish = _existing(configuration, spec)
            _change(configuration, replace(wish, spec=replace(wish.spec, **changes)))

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """`disabled` in the instance, or not: keepalived knows no such word."""
        with self._changing("set_admin", spec) as configuration:
            _change(configuration, replace(_existing(configuration, spec), disabled=not enabled))

    def set_demand(self, spec: SessionSpec, *, enabled: bool) -> None:
        """`demand` in the instance, or not: keepalived knows no such word."""
        with self._changing("set_demand", spec) as configuration:
            wish = _existing(configuration, spec)
            _change(configuration, replace(wish, spec=replace(wish.spec, demand=enabled)))

    def show(self, spec: SessionSpec) -> SessionView:
        """The instance as the BFD process has it."""
        with self._changing("show", spec) as configuration:
            wish = configuration.wishes().get(key(spec))
            return SessionView(state="absent") if wish is None else view(configuration.state()[wish.instance])

    @contextmanager
    def _changing(self, verb: str, spec: SessionSpec) -> Iterator[Configuration]:
        """The configuration, under its lock; errors within the context get the verb and the session in front."""
        try:
            with self._configuration.locked() as configuration:
                yield configuration
        except NodeError as error:
            raise type(error)(f"{self.name}: {verb} {spec.name}: {error}") from error


def view(said: Instance) -> SessionView:
    """Read what is said of an instance. What keepalived calls otherwise than expected is unknown, or None."""
    return SessionView(
        state=_STATES.get(said.get("local state", ""), "unknown"), diag=_DIAGS.get(said.get("local diag", "")), raw=said
    )


def _existing(configuration: Configuration, spec: SessionSpec) -> Wish:
    wish = configuration.wishes().get(key(spec))
    if wish is None:
        raise NodeError(f"there is no session to {spec.peer}")
    return wish


def _change(configuration: Configuration, wish: Wish) -> None:
    configuration.apply({**configuration.wishes(), key(wish.spec): wish})


def _command(place: Place, program: str) -> list[str]:
    """In the foreground, with everything it writes in the place's folder: the state, too, goes to $TMPDIR."""
    folder = place.folder
    command = ["env", f"TMPDIR={folder}", program, "--dont-fork", "--dont-respawn", "--log-console", "--log-detail"]
    command += ["--use-file", str(conf(place))]
    for option, name in (("pid", "parent"), ("bfd_pid", "bfd"), ("vrrp_pid", "vrrp"), ("checkers_pid", "checkers")):
        command.append(f"--{option}={folder}/{name}.pid")
    return command
