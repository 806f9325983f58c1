"""A laboratory from `up` to `down`: namespaces and links of its plan, the daemons in them, and nothing left behind."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from topologies import journal, netns
from topologies.description import LabDescription, plan
from topologies.errors import LabError
from topologies.place import NetnsPlace
from topologies.processes import ip_command
from topologies.reservation import clear, own_entry, reserve


class Lab:
    """One tester namespace, one target namespace, and `slots` times `links_per_slot` links between them.

    A context manager. The process that calls `up` owns the lab; others work in it by its description. `runtime` is
    the folder for the journal and the work folder, normally left to `journal.runtime_folder`. `driver` is where the
    programs come from that will be started here, see `topologies.launch`.
    """

    def __init__(
        self,
        run_id: str,
        slots: int,
        links_per_slot: int = 2,
        *,
        runtime: Path | None = None,
        driver: str = NetnsPlace.driver,
    ) -> None:
        """Plan only, see `description.plan` for the ranges. Raises LabError."""
        self._runtime = runtime or journal.runtime_folder()
        self._description = plan(run_id, slots, links_per_slot, folder=self._runtime / run_id)
        self._driver = driver
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
        lab = self._description
        entry = own_entry(lab.run_id, (lab.tester_namespace, lab.target_namespace), lab.folder, self._driver)
        reserve(entry, self._runtime)
        self._entry = entry
        try:
            lab.folder.mkdir(mode=0o755, exist_ok=True)
            for namespace in entry.namespaces:
                netns.create(namespace)
            netns.lay_links(lab)
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        """End what runs in the lab and remove it; nothing to do when it is down, or in a process forked from the
        owner. Raises LabError when a process cannot be ended."""
        if self._entry is None or self._entry.owner != os.getpid():
            return
        clear(self._entry, self._runtime)
        self._entry = None

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
