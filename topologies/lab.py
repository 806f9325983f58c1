"""A laboratory from `up` to `down`: namespaces and links of its plan, the daemons in them, and nothing left behind."""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from topologies import journal, netns
from topologies.description import LabDescription, plan
from topologies.errors import LabError
from topologies.processes import ip_command, terminate


class Lab:
    """One tester namespace, one target namespace, and `slots` times `links_per_slot` links between them.

    A context manager. The process that calls `up` owns the lab; others work in it by its description. `runtime` is
    the folder for the journal and the work folder, normally left to `journal.runtime_folder`.
    """

    def __init__(self, run_id: str, slots: int, links_per_slot: int = 2, *, runtime: Path | None = None) -> None:
        """Plan only, see `description.plan` for the ranges. Raises LabError."""
        self._runtime = runtime or journal.runtime_folder()
        self._description = plan(run_id, slots, links_per_slot, folder=self._runtime / run_id)
        self._entry: journal.Entry | None = None

    def describe(self) -> LabDescription:
        """The plan, which another process needs to work here; the same before and after `up`."""
        return self._description

    def up(self) -> None:
        """Make everything; nothing to do when it is up. A failure leaves nothing behind. Raises LabError."""
        if self._entry is not None:
            return
        if os.geteuid() != 0:
            raise LabError("the laboratory makes network namespaces and needs root: run it with sudo")
        ip_command()
        entry = self._reserve()
        self._entry = entry
        try:
            self._description.folder.mkdir(mode=0o755, exist_ok=True)
            for namespace in entry.namespaces:
                netns.create(namespace)
            netns.lay_links(self._description)
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        """End what runs in the lab and remove it; nothing to do when it is down, or in a process forked from the
        owner. Raises LabError when a process cannot be ended."""
        if self._entry is None or self._entry.owner != os.getpid():
            return
        _clear(self._entry, self._runtime)
        self._entry = None

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    def _reserve(self) -> journal.Entry:
        """Write the journal: from here on the names are ours. What a dead owner left under this run id is cleared."""
        lab = self._description
        for old in journal.entries(self._runtime):
            if old.run_id == lab.run_id:
                if old.owner_lives():
                    raise LabError(f"run id {lab.run_id} is in use by process {old.owner}: choose another one")
                _clear(old, self._runtime)
        entry = journal.Entry(
            run_id=lab.run_id,
            namespaces=(lab.tester_namespace, lab.target_namespace),
            folder=lab.folder,
            owner=os.getpid(),
            owner_started=journal.started(os.getpid()),
        )
        foreign = [namespace for namespace in entry.namespaces if netns.exists(namespace)]
        if foreign:
            raise LabError(f"namespace {foreign[0]} exists and is in no journal in {self._runtime}: remove it by hand")
        try:
            journal.record(entry, self._runtime)
        except OSError as error:
            raise LabError(f"journal of {lab.run_id} in {self._runtime}: {error.strerror}") from error
        return entry


def collect_garbage(runtime: Path | None = None) -> list[str]:
    """Clear the labs whose owner has died without doing so; return their run ids. Raises LabError."""
    runtime = runtime or journal.runtime_folder()
    orphans = [entry for entry in journal.entries(runtime) if not entry.owner_lives()]
    for entry in orphans:
        _clear(entry, runtime)
    return [entry.run_id for entry in orphans]


def _clear(entry: journal.Entry, runtime: Path) -> None:
    """Remove a lab. Its journal goes last, so that a second attempt finds whatever this one could not finish."""
    for namespace in entry.namespaces:
        terminate(namespace)
        netns.delete(namespace)
    if entry.folder.exists():
        shutil.rmtree(entry.folder)
    journal.strike(entry.run_id, runtime)
