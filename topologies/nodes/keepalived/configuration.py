"""The configuration of one running keepalived, which knows no command for a session: all of it is written and read
anew.

The wished-for sessions are kept in a file beside it. One change at a time, across processes: whoever changes or asks
something holds a lock on the folder.
"""

import re
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter

from topologies.errors import LabError
from topologies.node import NodeError
from topologies.nodes.folder import locked, write_whole
from topologies.nodes.keepalived.state import Instance, read
from topologies.nodes.keepalived.wishes import Wish, Wishes
from topologies.nodes.template import render
from topologies.place import Place, run
from topologies.processes import notify

_TEMPLATE = Path(__file__).parent / "keepalived.conf.j2"
_OBEYED_S = 5.0
_BETWEEN_LOOKS_S = 0.01

_READ = ("Reload complete", "Startup complete")
"""How a line of the parent process ends when its children have read the configuration. It speaks of a start-up when
the BFD process was not needed before."""

_FILE: TypeAdapter[dict[str, Wish]] = TypeAdapter(dict[str, Wish])


class Configuration:
    """The folder of one keepalived, and how the daemon is made to look into it."""

    def __init__(self, place: Place, program: str, process: int) -> None:
        """`program` is its path as seen in the place, `process` the parent process."""
        self._place = place
        self._program = program
        self._process = process
        self._path = conf(place)
        self._wishes = place.folder / "wishes.json"

    @contextmanager
    def locked(self) -> Iterator[Self]:
        """Nobody else changes or asks anything within the context. Raises NodeError where there is no such folder."""
        with locked(self._place.folder):
            yield self

    def wishes(self) -> dict[str, Wish]:
        """The sessions that keepalived has been told to run."""
        try:
            return _FILE.validate_json(self._wishes.read_bytes())
        except FileNotFoundError:
            return {}

    def apply(self, wishes: Wishes) -> None:
        """Have keepalived run these sessions and no others; to be called under the lock.

        Raises NodeError with keepalived's own line when it refuses, and then nothing was changed.
        """
        if not wishes and not self.wishes():
            return
        self._test(wishes)
        write_whole(self._path, configured(self._place.run_id, wishes))
        said = log(self._place).stat().st_size
        self._notify(signal.SIGHUP)
        self._await_reading(said)
        write_whole(self._wishes, _FILE.dump_json(dict(wishes)))

    def state(self) -> Mapping[str, Instance]:
        """What the BFD process says of its instances, by their names; to be called under the lock. It writes that to a
        file on request, and its last line tells that all is there. Raises NodeError."""
        names = {wish.instance for wish in self.wishes().values()}
        if not names:
            return {}
        path = self._place.folder / "keepalived_bfd.data"
        path.unlink(missing_ok=True)
        self._notify(signal.SIGUSR1)
        deadline = time.monotonic() + _OBEYED_S
        while True:
            if path.exists() and set(found := read(path.read_text(encoding="utf-8", errors="replace"))) == names:
                return found
            if time.monotonic() > deadline:
                raise NodeError(f"no word of {', '.join(sorted(names))} in {path.name} for {_OBEYED_S:g} s")
            time.sleep(_BETWEEN_LOOKS_S)

    def _test(self, wishes: Wishes) -> None:
        draft = self._place.folder / "draft.conf"
        write_whole(draft, configured(self._place.run_id, wishes))
        done = run(self._place, [self._program, "--config-test", "--log-console", "--use-file", str(draft)])
        if done.returncode != 0:
            lines = (done.stdout + done.stderr).strip().splitlines()
            said = lines[0] if lines else f"--config-test ends with {done.returncode} and no word"
            raise NodeError(said.replace(f"{self._place.folder}/", ""))

    def _await_reading(self, said: int) -> None:
        """Wait for the daemon's word, in its log after the first `said` bytes, that it has read its configuration."""
        deadline = time.monotonic() + _OBEYED_S
        while not any(line.endswith(_READ) for line in _lines(log(self._place), said)):
            if time.monotonic() > deadline:
                raise NodeError(f"keepalived does not say within {_OBEYED_S:g} s that it has read its configuration")
            time.sleep(_BETWEEN_LOOKS_S)

    def _notify(self, number: signal.Signals) -> None:
        try:
            notify(self._place.namespace, self._process, number)
        except LabError as error:
            raise NodeError(str(error)) from None


def conf(place: Place) -> Path:
    """The configuration file."""
    return place.folder / "keepalived.conf"


def log(place: Place) -> Path:
    """What the daemon says."""
    return place.folder / "keepalived.log"


def configured(run_id: str, wishes: Wishes) -> bytes:
    """The content of a configuration file."""
    return render(_TEMPLATE, run_id=run_id, wishes=list(wishes.values())).encode()


def greeting(place: Place) -> str:
    """The version of a keepalived that has started with no session. Raises NodeError while it has not."""
    said = "\n".join(_lines(log(place), 0))
    found = re.search(r"Starting Keepalived v(\S+)", said)
    if found is None or "no configuration to run" not in said:
        raise NodeError("it has not read its configuration")
    return found[1]


def _lines(path: Path, offset: int) -> list[str]:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace").splitlines()
