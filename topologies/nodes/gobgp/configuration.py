"""The configuration of one running gobgpd: a file that it reads anew at SIGHUP, and the log, where it says what it did.

A reload leaves alone the neighbors whose words did not change. The command line of GoBGP knows no option of BFD.
"""

import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter

from topologies.errors import LabError
from topologies.node import BgpSpec, NodeError, SessionSpec
from topologies.nodes.folder import locked, write_whole
from topologies.nodes.template import render
from topologies.place import Place
from topologies.processes import notify

Sessions = Mapping[str, SessionSpec]
"""By the address of the neighbor, which is what GoBGP tells sessions apart by."""

ANCHOR = "127.0.0.2"
LISTENING = "BFD server is started"
ADDED = "Insert BFD peer"
REMOVED = "Remove BFD peer"
JOINED = "Add a peer configuration"
"""Messages of the log: JOINED is about any neighbor, the two before about its BFD session."""

_TEMPLATE = Path(__file__).parent / "gobgpd.toml.j2"
_TOPIC_OF_REFUSALS = "config"
_UNREADABLE = "Can't read config file"
_OBEYED_S = 5.0
_BETWEEN_LOOKS_S = 0.01


@dataclass(frozen=True, slots=True)
class _State:
    """What GoBGP has been told. `own` is a neighbour that says who GoBGP itself is, None where there is no BGP;
    `neighbours` are by address, as the sessions."""

    sessions: dict[str, SessionSpec] = field(default_factory=dict)
    neighbours: dict[str, BgpSpec] = field(default_factory=dict)
    own: BgpSpec | None = None


_FILE: TypeAdapter[_State] = TypeAdapter(_State)


class Configuration:
    """What one gobgpd has in its folder; `process` is its id, 0 where it has not been started yet."""

    def __init__(self, place: Place, process: int = 0) -> None:
        self.path = place.folder / "gobgpd.toml"
        self.log = place.folder / "gobgpd.log"
        self._place = place
        self._process = process
        self._state = place.folder / "state.json"

    def create(self, own: BgpSpec | None = None) -> None:
        """Lay out the folder, with no session; who GoBGP is in BGP cannot be changed later. Raises OSError."""
        first = _State(own=own)
        self._write(first)
        self._keep(first)

    @contextmanager
    def locked(self) -> Iterator[Self]:
        """Nobody else changes anything within the context. Raises NodeError where there is no such folder."""
        with locked(self._place.folder):
            yield self

    def sessions(self) -> dict[str, SessionSpec]:
        """The sessions that GoBGP has been told to run."""
        return self._read().sessions

    def apply(self, sessions: Sessions, neighbour: BgpSpec | None = None) -> None:
        """Tell GoBGP to run these sessions and no others, and wait until it says that it does; to be called under the
        lock. A session with other parameters than before is replaced by a new one: GoBGP changes none. A `neighbour`
        joins those that there are; a session with its address advises it.

        Raises NodeError with GoBGP's own words when it refuses, and then all is as it was.
        """
        before = self._read()
        joining = {} if neighbour is None else {neighbour.peer: neighbour}
        after = replace(before, sessions=dict(sessions), neighbours={**before.neighbours, **joining})
        try:
            self._reload(before, after)
        except NodeError:
            self._write(before)
            self._hang_up()
            raise
        self._keep(after)

    def _reload(self, before: _State, after: _State) -> None:
        old, new = before.sessions, after.sessions
        awaited = {(REMOVED, key) for key, spec in old.items() if new.get(key) != spec}
        awaited |= {(ADDED, key) for key, spec in new.items() if old.get(key) != spec}
        awaited |= {(JOINED, key) for key in after.neighbours if key not in before.neighbours}
        said = self.log.stat().st_size
        self._write(after)
        self._hang_up()
        deadline = time.monotonic() + _OBEYED_S
        while awaited:
            lines, said = read_log(self.log, said)
            for line in lines:
                if refusal := _refusal(line):
                    raise NodeError(refusal)
                awaited.discard((line.get("msg", ""), line.get("Peer", line.get("Key", ""))))
            if time.monotonic() > deadline:
                message, key = min(awaited)
                raise NodeError(f"gobgpd has not said {message!r} about {key} within {_OBEYED_S:g} s")
            time.sleep(_BETWEEN_LOOKS_S)

    def _hang_up(self) -> None:
        try:
            notify(self._place.namespace, self._process, signal.SIGHUP)
        except LabError as error:
            raise NodeError(str(error)) from None

    def _write(self, state: _State) -> None:
        keys = dict.fromkeys([*state.sessions, *state.neighbours])
        neighbors = [(key, state.neighbours.get(key), state.sessions.get(key)) for key in keys]
        text = render(_TEMPLATE, run_id=self._place.run_id, anchor=ANCHOR, own=state.own, neighbors=neighbors)
        write_whole(self.path, text.encode())

    def _read(self) -> _State:
        return _FILE.validate_json(self._state.read_bytes())

    def _keep(self, state: _State) -> None:
        write_whole(self._state, _FILE.dump_json(state))


def read_log(log: Path, begin: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The lines of the log that are complete, from byte `begin` on, and the byte at which to go on. What is no JSON
    object, as the last words of a crash, is left out."""
    with log.open("rb") as file:
        file.seek(begin)
        text = file.read()
    complete = text[: text.rfind(b"\n") + 1]
    lines = []
    for line in complete.splitlines():
        try:
            read = json.loads(line)
        except ValueError:
            continue
        if isinstance(read, dict):
            lines.append(read)
    return lines, begin + len(complete)


def _refusal(line: Mapping[str, Any]) -> str:
    """What GoBGP has against the configuration, in one line; "" where the line of the log is about something else."""
    refused = line.get("Topic") == _TOPIC_OF_REFUSALS and line.get("level") == "ERROR"
    if not refused and line.get("msg") != _UNREADABLE:
        return ""
    return " ".join(f"{line.get('msg')}: {line.get('Error')}".split())
