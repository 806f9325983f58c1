"""BIRD as a node: one process in the target namespace, sessions through its configuration. Tried with 2.0, 3.1, 3.4.

BIRD has a bfd protocol for each address family, so that an IPv4 and an IPv6 session of one interface have timers of
their own. `min tx interval` is announced while a session is Up; in other states BIRD announces one second. It has
no Echo function: the words for it in the template are what a BIRD that had one might call it, and are refused. The
local address of a single-hop session is the interface's own.

All five types of authentication are there, with several keys and their IDs; they belong to an interface as timers do.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar

from topologies.node import BGP_STATES, AuthSpec, BgpSpec, BgpView, NodeError, SessionSpec, SessionView, given
from topologies.nodes.adapter import Handle, await_answer
from topologies.nodes.bird.configuration import RUNNING, Configuration, Neighbour
from topologies.nodes.bird.control import Control, Line
from topologies.nodes.bird.wishes import ClashError, Wish, check
from topologies.nodes.daemon import DaemonNode, handle
from topologies.nodes.manifest import Manifest, Release, load_manifest
from topologies.place import Place

_HERE = Path(__file__).parent

_OBEYED_S = 5.0
"""How long BIRD may take to show what it was told. It does so at once unless it does not know the interface."""
_BETWEEN_LOOKS_S = 0.02
_PATIENCE_S = 30.0
_BETWEEN_ATTEMPTS_S = 0.2

_STATES = {"AdminDown": "admin_down", "Down": "down", "Init": "init", "Up": "up"}
_BGP_STATE = "BGP state:"
_COLUMNS = ("address", "interface", "state", "since", "interval", "timeout")


class BirdNode(DaemonNode):
    """One running BIRD."""

    manifest: ClassVar[Manifest] = load_manifest(_HERE)

    def __init__(self, handle: Handle) -> None:
        """See `attach`: only BIRD's folder and the control socket in it are used."""
        super().__init__(handle)
        self._configuration = Configuration(self.place.folder, self.place.run_id)
        self._control = Control(self._configuration.socket)

    @classmethod
    def start(cls, place: Place, release: Release) -> Handle:
        """Start BIRD with no session, in the foreground of a session of its own, all of it in the place's folder.

        Raises NodeError with the daemon's last words when it does not answer.
        """
        configuration = Configuration(place.folder, place.run_id)
        program, log = release.find("bird", place.root), place.folder / "bird.log"
        configuration.create()
        process = place.spawn([program, "-f", "-c", str(configuration.path), "-s", str(configuration.socket)], log)
        try:
            greeting = await_answer(lambda: _greeting(Control(configuration.socket)), process, log, release.name)
            version = _version(greeting)
        except BaseException:
            place.terminate([process])
            raise
        return handle(release, place, version, [process])

    def add_session(self, spec: SessionSpec) -> None:
        """Create the session; one with the same peer and interface is replaced. Nothing is left of a refused one.

        Multihop sessions of all slots have one set of options: where another slot's has others, its end is waited for.
        """
        self._refuse_unusual(spec)
        deadline = time.monotonic() + (_PATIENCE_S if spec.kind == "multi_hop" else 0)
        while True:
            try:
                self._add(Wish(spec))
                return
            except ClashError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(_BETWEEN_ATTEMPTS_S)

    def _add(self, wish: Wish) -> None:
        spec = wish.spec
        with self._changing("add_session", spec) as configuration:
            others = configuration.wishes()
            if wish.key in others and others[wish.key].spec.local != spec.local:
                raise NodeError(f"session {others[wish.key].spec.name} has the same peer: BIRD knows it by that alone")
            replaced = others.pop(wish.key, None)
            check(wish, others)
            if replaced is not None:
                configuration.apply(others)  # on its own: BIRD would keep the session and change it
            if spec.auth is not None:  # or BIRD 3 may send a first packet by the options that it had before
                configuration.apply({**others, wish.key: replace(wish, asked=False)})
            configuration.apply({**others, wish.key: wish})
            try:
                self._await(spec, lambda state: state != "absent")
            except NodeError:
                configuration.apply(others)
                raise

    def remove_session(self, spec: SessionSpec) -> None:
        """Delete the session; no error where it does not exist."""
        with self._changing("remove_session", spec) as configuration:
            others = configuration.wishes()
            if others.pop(Wish(spec).key, None) is not None:
                configuration.apply(others)
                self._await(spec, lambda state: state == "absent")

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

    def set_keys(self, spec: SessionSpec, auth: AuthSpec) -> None:
        """Other keys by one reading of the configuration."""
        with self._changing("set_keys", spec) as configuration:
            wish = _existing(configuration, spec)
            _change(configuration, replace(wish, spec=replace(wish.spec, auth=auth)))

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """`disabled` among the session's options, or not: BIRD's word for it, which it knows for whole protocols."""
        with self._changing("set_admin", spec) as configuration:
            wish = _existing(configuration, spec)
            _change(configuration, replace(wish, disabled=not enabled))
            try:
                self._await(spec, lambda state: (state != "admin_down") == enabled)
            except NodeError:
                _change(configuration, wish)
                raise

    def set_demand(self, spec: SessionSpec, *, enabled: bool) -> None:
        """`demand` among the session's options, or not: BIRD knows no such word."""
        with self._changing("set_demand", spec) as configuration:
            wish = _existing(configuration, spec)
            _change(configuration, replace(wish, spec=replace(wish.spec, demand=enabled)))

    def verify(self, spec: SessionSpec) -> None:
        """`poll bfd session`, which BIRD does not know, either."""
        try:
            self._control.run(f"poll bfd session {spec.peer}")
        except NodeError as error:
            raise self._failed("verify", spec, error) from error

    def set_path_down(self, spec: SessionSpec, diag: int) -> None:
        """Tried in the words that BIRD would have for it."""
        self._tell("set_path_down", spec, f"bfd path down {diag} {spec.peer}")

    def reset_forwarding(self, spec: SessionSpec) -> None:
        """Tried in the words that BIRD would have for it."""
        self._tell("reset_forwarding", spec, f"bfd forwarding reset {spec.peer}")

    def set_congested(self, spec: SessionSpec, *, congested: bool) -> None:
        """Tried in the words that BIRD would have for it."""
        self._tell("set_congested", spec, f"bfd congestion {'on' if congested else 'off'} {spec.peer}")

    def show(self, spec: SessionSpec) -> SessionView:
        """The session's line of `show bfd sessions`, which tells no diagnostic and neither of the announced timers."""
        try:
            return view(spec, self._control.run("show bfd sessions"))
        except NodeError as error:
            raise self._failed("show", spec, error) from error

    def add_bgp(self, spec: BgpSpec, bfd: SessionSpec | None) -> None:
        """A bgp protocol, which asks for the session; what it asks for has the options of its interface, as any."""
        try:
            with self._configuration.locked() as configuration:
                wishes = configuration.wishes()
                if bfd is not None:
                    self._refuse_unusual(bfd)
                    wish = Wish(bfd, asked=False)  # nobody but the neighbour will ask
                    check(wish, wishes)
                    wishes[wish.key] = wish
                    configuration.apply(wishes)  # the options are there before the session, as in `add_session`
                configuration.apply(wishes, Neighbour(spec, advised=bfd is not None))
        except NodeError as error:
            raise NodeError(f"{self.name}: add_bgp {spec.name}: {error}") from error

    def show_bgp(self, spec: BgpSpec) -> BgpView:
        """The state in `show protocols all` of its protocol, and the routes that are its."""
        protocol = f"'bgp-{spec.name}'"
        try:
            answer = self._control.run(f"show protocols all {protocol}")
            return bgp_view(answer, self._control.run(f"show route protocol {protocol}"))
        except NodeError as error:
            raise NodeError(f"{self.name}: show_bgp {spec.name}: {error}") from error

    def _tell(self, verb: str, spec: SessionSpec, command: str) -> None:
        try:
            self._control.run(command)
        except NodeError as error:
            raise self._failed(verb, spec, error) from error

    @contextmanager
    def _changing(self, verb: str, spec: SessionSpec) -> Iterator[Configuration]:
        """The configuration, under its lock; errors within the context get the verb and the session in front."""
        try:
            with self._configuration.locked() as configuration:
                yield configuration
        except NodeError as error:
            raise self._failed(verb, spec, error) from error

    def _await(self, spec: SessionSpec, satisfied: Callable[[str], bool]) -> None:
        """Look at the session until its state is right. Raises NodeError with the state after `_OBEYED_S` seconds."""
        deadline = time.monotonic() + _OBEYED_S
        while not satisfied(state := view(spec, self._control.run("show bfd sessions")).state):
            if time.monotonic() > deadline:
                raise NodeError(f"BIRD accepted it, but {_OBEYED_S:g} s later the session is {state}")
            time.sleep(_BETWEEN_LOOKS_S)

    def _failed(self, verb: str, spec: SessionSpec, error: NodeError) -> NodeError:
        return type(error)(f"{self.name}: {verb} {spec.name}: {error}")


def view(spec: SessionSpec, answer: list[Line]) -> SessionView:
    """Find the session in an answer to `show bfd sessions`. A state of an unknown name is unknown."""
    key = Wish(spec).key
    for line in answer:
        row = dict(zip(_COLUMNS, line.text.split(), strict=False))
        if _key(row) == key:
            return SessionView(state=_STATES.get(row["state"], "unknown"), raw=row)
    return SessionView(state="absent")


def bgp_view(answer: list[Line], routes: list[Line]) -> BgpView:
    """Find the state in an answer to `show protocols all`, one of an unknown name is unknown, and the prefixes in one
    to `show route`, at the beginnings of lines."""
    lines = [line.text.strip() for line in answer]
    states = [line.removeprefix(_BGP_STATE).strip().lower() for line in lines if line.startswith(_BGP_STATE)]
    state = states[0] if states else ""
    prefixes = (line.text.split(" ")[0] for line in routes)
    return BgpView(
        state=state if state in BGP_STATES else "unknown",
        routes=tuple(prefix for prefix in prefixes if "/" in prefix),
        raw={"lines": lines},
    )


def _key(row: Mapping[str, str]) -> str | None:
    """The key of the session that a line shows; None where it shows none, as a heading."""
    if len(row) != len(_COLUMNS):
        return None
    try:
        return f"{ip_address(row['address'])} {row['interface']}"
    except ValueError:
        return None


def _existing(configuration: Configuration, spec: SessionSpec) -> Wish:
    wish = configuration.wishes().get(Wish(spec).key)
    if wish is None:
        raise NodeError(f"there is no session to {spec.peer}")
    return wish


def _change(configuration: Configuration, wish: Wish) -> None:
    others = configuration.wishes()
    del others[wish.key]
    check(wish, others)
    configuration.apply({**others, wish.key: wish})


def _greeting(control: Control) -> str:
    """The greeting of a BIRD that has read its first configuration. Raises NodeError while there is none."""
    status = control.run("show status")[-1].text
    if status != RUNNING:
        raise NodeError(status)
    return control.greeting()


def _version(greeting: str) -> str:
    words = greeting.split()
    if words[:1] != ["BIRD"] or len(words) < 2:
        raise NodeError(f"bird: no version in {greeting!r}")
    return words[1]
