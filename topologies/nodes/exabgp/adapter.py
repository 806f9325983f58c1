"""ExaBGP as a node: a BGP speaker without BFD. Tried with ExaBGP 5.0.15.

Its neighbours are in its configuration, which it reads anew at SIGUSR1. What becomes of them it tells a process that it
runs, here one that writes it down: a JSON object for each change of state, and for each UPDATE.
"""

import json
import re
import signal
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from pydantic import TypeAdapter

from topologies.errors import LabError
from topologies.node import BGP_STATES, BgpSpec, BgpView, LackError, NodeError, SessionSpec, SessionView
from topologies.nodes.adapter import Handle, await_answer
from topologies.nodes.daemon import DaemonNode, handle
from topologies.nodes.folder import locked, write_whole
from topologies.nodes.manifest import Manifest, Release, load_manifest
from topologies.nodes.template import render
from topologies.place import Place
from topologies.processes import notify

_HERE = Path(__file__).parent
_TEMPLATE = _HERE / "exabgp.conf.j2"
_SETTINGS = ("exabgp.daemon.user=root", "exabgp.api.cli=false", "exabgp.log.destination=stdout")
"""It stays root, and needs no pipes of its own. They are given in the environment."""

_VERSION = re.compile(r"\bexabgp (\d\S*)")
_LOADED = "loaded new configuration successfully"
_REFUSED = "could not load/reload configuration"
"""What it logs of a configuration. In the lines after a refusal is what is wrong with it."""
_ATTEMPTS = 10
_OBEYED_S = 1.0
_BETWEEN_LOOKS_S = 0.02

_NEIGHBOURS: TypeAdapter[dict[str, BgpSpec]] = TypeAdapter(dict[str, BgpSpec])


class ExabgpNode(DaemonNode):
    """One running ExaBGP. Sessions of BFD are refused: it has none."""

    manifest: ClassVar[Manifest] = load_manifest(_HERE)

    @classmethod
    def start(cls, place: Place, release: Release) -> Handle:
        """Start ExaBGP with no neighbour, in the foreground of a session of its own, and wait until it has read that.

        Raises NodeError with its last words when it does not.
        """
        _write(place, {})
        log = _log(place)
        for left in (log, _events(place)):  # by an earlier life
            left.unlink(missing_ok=True)
        program = release.find("python3-exabgp", place.root)
        process = place.spawn(["env", *_SETTINGS, program, str(_configuration(place))], log)
        try:
            version = await_answer(partial(_greeting, log), process, log, release.name)
        except BaseException:
            place.terminate([process])
            raise
        return handle(release, place, version, [process])

    def add_bgp(self, spec: BgpSpec, bfd: SessionSpec | None) -> None:
        """A neighbour of its configuration; the one of the same name is replaced."""
        if bfd is not None:
            self._refuse("there is no BFD to advise BGP")
        with locked(self.place.folder):
            before = _NEIGHBOURS.validate_json(_kept(self.place).read_bytes())
            _write(self.place, {**before, spec.name: spec})
            try:
                self._reload()
            except NodeError as error:
                _write(self.place, before)
                raise NodeError(f"{self.name}: add_bgp {spec.name}: {error}") from error

    def show_bgp(self, spec: BgpSpec) -> BgpView:
        """What it has told of the neighbour. Raises NodeError where it runs no longer."""
        try:
            text = _events(self.place).read_text(encoding="utf-8")
        except FileNotFoundError:
            text = ""
        return bgp_view(spec, text.splitlines())

    def add_session(self, spec: SessionSpec) -> None:
        """Refused, as all that is about BFD."""
        self._refuse("there is no BFD")

    def remove_session(self, spec: SessionSpec) -> None:
        """Refused."""
        self._refuse("there is no BFD")

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Refused."""
        self._refuse("there is no BFD")

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Refused."""
        self._refuse("there is no BFD")

    def show(self, spec: SessionSpec) -> SessionView:
        """Refused."""
        self._refuse("there is no BFD")

    def _refuse(self, why: str) -> NoReturn:
        raise LackError(f"{self.name}: {why}")

    def _reload(self) -> None:
        """Have the configuration read, and wait until it says that it did. Raises NodeError with what it says else.

        It is asked more than once: while there are routes to be sent, ExaBGP takes the signal, and does nothing.
        """
        log = _log(self.place)
        begin = log.stat().st_size
        for _ in range(_ATTEMPTS):
            try:
                notify(self.place.namespace, self._processes[0], signal.SIGUSR1)
            except LabError as error:
                raise NodeError(str(error)) from None
            deadline = time.monotonic() + _OBEYED_S
            while time.monotonic() < deadline:
                said = log.read_bytes()[begin:].decode(errors="replace")
                if _LOADED in said:
                    return
                if why := said.partition(_REFUSED)[2].split():
                    raise NodeError(" ".join(why))
                time.sleep(_BETWEEN_LOOKS_S)
        raise NodeError(f"no {_LOADED!r} in its log after {_ATTEMPTS} signals")


def bgp_view(spec: BgpSpec, events: Iterable[str]) -> BgpView:
    """Read what the process was told, a line each; the last may be cut short. A state of an unknown name is unknown,
    and no state at all is idle: the neighbour has not been begun with."""
    state = "idle"
    routes: dict[str, None] = {}
    last: dict[str, Any] = {}
    for line in events:
        try:
            event: dict[str, Any] = json.loads(line)
        except ValueError:
            continue
        neighbor = event.get("neighbor", {})
        if neighbor.get("address", {}).get("peer") != spec.peer:
            continue
        last = event
        if event["type"] == "fsm":
            state = str(neighbor["state"]).lower()
            routes = {}
        elif event["type"] == "update":
            update = neighbor["message"].get("update", {})
            for prefix in _prefixes(update.get("withdraw", {})):
                routes.pop(prefix, None)
            routes.update(dict.fromkeys(_prefixes(update.get("announce", {}))))
    return BgpView(state=state if state in BGP_STATES else "unknown", routes=tuple(routes), raw=last)


def _prefixes(part: Any) -> list[str]:
    """The prefixes of a part of an UPDATE, in which they are by family, and some by next hop within that."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        part = [part["nlri"]] if "nlri" in part else part.values()
    return [prefix for each in part for prefix in _prefixes(each)]


def _greeting(log: Path) -> str:
    """The version of an ExaBGP that has read its configuration. Raises NodeError while there is none."""
    said = log.read_text(encoding="utf-8", errors="replace")
    version = _VERSION.search(said)
    if _LOADED not in said or version is None:
        raise NodeError(f"no {_LOADED!r} in its log")
    return version[1]


def _write(place: Place, neighbours: dict[str, BgpSpec]) -> None:
    text = render(_TEMPLATE, run_id=place.run_id, events=_events(place), neighbours=neighbours.values())
    write_whole(_configuration(place), text.encode())
    write_whole(_kept(place), _NEIGHBOURS.dump_json(neighbours))


def _configuration(place: Place) -> Path:
    return place.folder / "exabgp.conf"


def _kept(place: Place) -> Path:
    return place.folder / "neighbours.json"


def _events(place: Place) -> Path:
    return place.folder / "events.json"


def _log(place: Place) -> Path:
    return place.folder / "exabgp.log"
