"""The configuration of one running BIRD, which knows no command for a session: all of it is written and read anew.

The wished-for sessions are kept in a file beside it. One change at a time, across processes: whoever changes something
holds a lock on the folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter

from topologies.node import NodeError
from topologies.nodes.bird.control import Control
from topologies.nodes.bird.wishes import Wish, Wishes
from topologies.nodes.folder import locked, write_whole
from topologies.nodes.template import render

_TEMPLATE = Path(__file__).parent / "bird.conf.j2"
_VERSIONS = (4, 6)
_RECONFIGURED = 3
"""The reply code of a configuration that is in force: nothing of it goes on in the background."""

_FILE: TypeAdapter[dict[str, Wish]] = TypeAdapter(dict[str, Wish])


class Configuration:
    """The folder of one BIRD: its configuration, its control socket, the wishes."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self.path = folder / "bird.conf"
        self.socket = folder / "bird.ctl"
        self._folder = folder
        self._run_id = run_id
        self._wishes = folder / "wishes.json"

    def create(self) -> None:
        """Make the folder, with no session. Raises OSError."""
        self._folder.mkdir(exist_ok=True)
        self._write({})
        self._keep({})

    @contextmanager
    def locked(self) -> Iterator[Self]:
        """Nobody else changes anything within the context. Raises NodeError where there is no such folder."""
        with locked(self._folder):
            yield self

    def wishes(self) -> dict[str, Wish]:
        """The sessions that BIRD has been told to run."""
        return _FILE.validate_json(self._wishes.read_bytes())

    def apply(self, wishes: Wishes) -> None:
        """Tell BIRD to run these sessions and no others; to be called under the lock.

        Raises NodeError with BIRD's own line when it refuses, and then all is as it was.
        """
        before = self.wishes()
        self._write(wishes)
        try:
            answer = Control(self.socket).run("configure")[-1]
            if answer.code != _RECONFIGURED:
                raise NodeError(f"configure: {answer.text}")
        except NodeError as error:
            self._write(before)
            raise NodeError(str(error).replace(f"{self._folder}/", "")) from error
        self._keep(wishes)

    def _write(self, wishes: Wishes) -> None:
        families = {version: [wish for wish in wishes.values() if wish.version == version] for version in _VERSIONS}
        write_whole(self.path, render(_TEMPLATE, run_id=self._run_id, families=families).encode())

    def _keep(self, wishes: Wishes) -> None:
        write_whole(self._wishes, _FILE.dump_json(dict(wishes)))
