"""Who may use which names, and who clears up: a laboratory's entry in the journal from its first to its last moment."""

import os
import shutil
from pathlib import Path

from topologies import journal, netns
from topologies.errors import LabError
from topologies.launch import clear_driver
from topologies.processes import terminate


def reserve(entry: journal.Entry, runtime: Path) -> None:
    """Write the journal: from here on the names are ours. What a dead owner left under this run id is cleared.

    Raises LabError where the run id or a namespace is in use.
    """
    for old in journal.entries(runtime):
        if old.run_id == entry.run_id:
            if old.standing:
                raise LabError(f"laboratory {entry.run_id} is up: bfdspec lab down {entry.run_id}, or choose a run id")
            if old.owner_lives():
                raise LabError(f"run id {entry.run_id} is in use by process {old.owner}: choose another one")
            clear(old, runtime)
    foreign = [namespace for namespace in entry.namespaces if netns.exists(namespace)]
    if foreign:
        raise LabError(f"namespace {foreign[0]} exists and is in no journal in {runtime}: remove it by hand")
    try:
        journal.record(entry, runtime)
    except FileExistsError:
        raise LabError(f"run id {entry.run_id} was taken a moment ago: choose another one") from None
    except OSError as error:
        raise LabError(f"journal of {entry.run_id} in {runtime}: {error.strerror}") from error


def own_entry(
    run_id: str, namespaces: tuple[str, ...], folder: Path, driver: str = "netns", topology: str = ""
) -> journal.Entry:
    """An entry whose owner is this process."""
    return journal.Entry(
        run_id=run_id,
        namespaces=namespaces,
        folder=folder,
        owner=os.getpid(),
        owner_started=journal.started(os.getpid()),
        driver=driver,
        topology=topology,
    )


def collect_garbage(runtime: Path | None = None) -> list[str]:
    """Clear the labs whose owner has died without doing so; return their run ids. Those that stand without an owner,
    because they are meant to, stay. Raises LabError."""
    runtime = runtime or journal.runtime_folder()
    orphans = [entry for entry in journal.entries(runtime) if not entry.standing and not entry.owner_lives()]
    for entry in orphans:
        clear(entry, runtime)
    return [entry.run_id for entry in orphans]


def clear(entry: journal.Entry, runtime: Path) -> None:
    """Remove a lab. Its journal goes last, so that a second attempt finds whatever this one could not finish. Raises
    LabError when a process cannot be ended."""
    clear_driver(entry.driver, entry.run_id, entry.folder)
    for namespace in entry.namespaces:
        terminate(namespace)
        netns.delete(namespace)
    if entry.folder.exists():
        shutil.rmtree(entry.folder)
    journal.strike(entry.run_id, runtime)
