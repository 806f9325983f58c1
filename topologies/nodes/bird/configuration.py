"""The configuration of one running BIRD, which knows no command for a session: all of it is written and read anew.

The wished-for sessions are kept in a file beside it. One change at a time, across processes: whoever changes something
holds a lock on the folder.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter

from topologies.node import BgpSpec, NodeError
from topologies.nodes.bird.control import Control
from topologies.nodes.bird.wishes import Wish, Wishes
from topologies.nodes.folder import locked, write_whole
from topologies.nodes.template import render

_TEMPLATE = Path(__file__).parent / "bird.conf.j2"
_BGP_TEMPLATE = Path(__file__).parent / "bgp.conf.j2"
_VERSIONS = (4, 6)
_RECONFIGURED, _RECONFIGURING = 3, 4
"""The reply codes of a configuration that is in force, and of one that will be: BIRD 3 ends what is gone first."""

_RECONFIGURED_S = 5.0
_BETWEEN_LOOKS_S = 0.01

RUNNING = "Daemon is up and running"
"""The last line of `show status` where nothing goes on in the background."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A BGP neighbour. `advised` says that it asks for a BFD session."""

    spec: BgpSpec
    advised: bool


@dataclass(frozen=True, slots=True)
class _State:
    """What BIRD has been told, and how many times it has been told something. Neighbours are by name."""

    wishes: dict[str, Wish]
    generation: int
    neighbours: dict[str, Neighbour] = field(default_factory=dict)


_FILE: TypeAdapter[_State] = TypeAdapter(_State)


class Configuration:
    """The folder of one BIRD: its configuration, its control socket, the wishes."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self.path = folder / "bird.conf"
        self.socket = folder / "bird.ctl"
        self._folder = folder
        self._run_id = run_id
        self._state = folder / "state.json"

    def create(self) -> None:
        """Make the folder, with no session. Raises OSError."""
        self._folder.mkdir(exist_ok=True)
        first = _State({}, 0)
        self._write(first)
        self._keep(first)

    @contextmanager
    def locked(self) -> Iterator[Self]:
        """Nobody else changes anything within the context. Raises NodeError where there is no such folder."""
        with locked(self._folder):
            yield self

    def wishes(self) -> dict[str, Wish]:
        """The sessions that BIRD has been told to run."""
        return self._read().wishes

    def apply(self, wishes: Wishes, neighbour: Neighbour | None = None) -> None:
        """Tell BIRD to run these sessions and no others, and wait until it does; to be called under the lock. A
        `neighbour` joins those that there are, or replaces the one of its name.

        Raises NodeError with BIRD's own line when it refuses, and then all is as it was.
        """
        before = self._read()
        joining = {} if neighbour is None else {neighbour.spec.name: neighbour}
        after = _State(dict(wishes), before.generation + 1, {**before.neighbours, **joining})
        self._write(after)
        try:
            _configure(Control(self.socket))
        except NodeError as error:
            self._write(before)
            raise NodeError(str(error).replace(f"{self._folder}/", "")) from error
        self._keep(after)

    def _write(self, state: _State) -> None:
        wishes = state.wishes.values()
        families = {version: [wish for wish in wishes if wish.version == version] for version in _VERSIONS}
        text = render(_TEMPLATE, run_id=self._run_id, families=families, generation=state.generation)
        text += render(_BGP_TEMPLATE, neighbours=state.neighbours.values())
        write_whole(self.path, text.encode())

    def _read(self) -> _State:
        return _FILE.validate_json(self._state.read_bytes())

    def _keep(self, state: _State) -> None:
        write_whole(self._state, _FILE.dump_json(state))


def _configure(control: Control) -> None:
    answer = control.run("configure")[-1]
    if answer.code not in (_RECONFIGURED, _RECONFIGURING):
        raise NodeError(f"configure: {answer.text}")
    deadline = time.monotonic() + _RECONFIGURED_S
    while answer.code == _RECONFIGURING and (status := control.run("show status")[-1].text) != RUNNING:
        if time.monotonic() > deadline:
            raise NodeError(f"configure: {_RECONFIGURED_S:g} s later: {status}")
        time.sleep(_BETWEEN_LOOKS_S)
