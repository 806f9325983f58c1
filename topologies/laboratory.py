"""A laboratory of real implementations from `up` to `down`, as a topology describes it.

The process that brings it up owns it; others attach by its run id. What they have to know lies in its folder:
`blueprint.json`, and a handle for each node that runs.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from topologies import fabric, impairments, journal
from topologies.blueprint import Blueprint, PlannedBgp, PlannedNode, PlannedSession, draw
from topologies.errors import LabError
from topologies.launch import DRIVERS, start
from topologies.node import BgpView, NodeError, SessionView
from topologies.nodes import adapter
from topologies.nodes.adapter import Adapter, Handle
from topologies.place import reopen, run
from topologies.processes import ip_command, is_stopped, run_in, signal_sessions
from topologies.reservation import clear, own_entry, reserve
from topologies.sniffer import Sniffer
from topologies.steps import Direction
from topologies.topology import DEFAULT_FILTER, Topology

READY_S = 30.0
"""The longest time that sessions may take to come Up, seconds."""

_BETWEEN_LOOKS_S = 0.1
_STOPPED_S = 5.0
_BLUEPRINT = "blueprint.json"


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """A session as one of its nodes tells it; `trouble` says why it tells nothing, else it is ""."""

    node: str
    session: PlannedSession
    view: SessionView
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class BgpStatus:
    """A BGP session as one of its nodes tells it; `trouble` says why it tells nothing, else it is ""."""

    node: str
    bgp: PlannedBgp
    view: BgpView
    trouble: str = ""

    @property
    def missing(self) -> list[str]:
        """The prefixes that the other end announces, and that have not arrived."""
        return [prefix for prefix in self.bgp.learns if prefix not in self.view.routes]

    @property
    def complete(self) -> bool:
        """Whether it is Established, and nothing is missing."""
        return self.view.state == "established" and not self.missing

    def words(self) -> str:
        """The state in words."""
        lack = f", without {', '.join(self.missing)}" if self.view.state == "established" and self.missing else ""
        return self.trouble or self.view.state + lack


class Laboratory:
    """A run of a topology. A context manager: what is up when it is left goes down, unless it was left `standing`."""

    def __init__(
        self, topology: Topology, run_id: str = "", *, driver: str = DRIVERS[0], runtime: Path | None = None
    ) -> None:
        """Plan only. `run_id` is the topology's name unless given; `driver` is one of DRIVERS; `runtime` is the folder
        for the journal and the work folder. Raises LabError."""
        self._runtime = runtime or journal.runtime_folder()
        run_id = run_id or topology.name
        self.blueprint = draw(topology, run_id, self._runtime / run_id)
        self.driver = driver
        self._owned: journal.Entry | None = None
        self._sniffers: list[Sniffer] = []

    @classmethod
    def attach(cls, run_id: str, *, runtime: Path | None = None) -> Self:
        """A laboratory that is up, from any process. Raises LabError with the run ids there are."""
        runtime = runtime or journal.runtime_folder()
        entries = {entry.run_id: entry for entry in journal.entries(runtime) if entry.topology}
        file = runtime / run_id / _BLUEPRINT
        if run_id not in entries or not file.exists():
            there = ", ".join(entries) or "none"
            raise LabError(f"no laboratory {run_id} is up: there is {there}")
        found = cls.__new__(cls)
        found._runtime = runtime
        found.blueprint = Blueprint.model_validate_json(file.read_text(encoding="utf-8"))
        found.driver = entries[run_id].driver
        found._owned = None
        found._sniffers = []
        return found

    @property
    def folder(self) -> Path:
        """Where nodes keep their files; it goes with the laboratory."""
        return self.blueprint.folder

    def up(self, *, ready_s: float | None = READY_S) -> None:
        """Make everything, and wait until all sessions that are expected to are Up: at most `ready_s` seconds, None
        does not wait. A failure leaves nothing behind. Raises LabError, NodeError."""
        if self._owned is not None:
            return
        if os.geteuid() != 0:
            raise LabError("the laboratory makes network namespaces and needs root: run it with sudo")
        ip_command()
        plan = self.blueprint
        entry = own_entry(plan.run_id, plan.namespaces, plan.folder, self.driver, plan.topology)
        reserve(entry, self._runtime)
        self._owned = entry
        try:
            self._make()
            if ready_s is not None:
                self.await_up(ready_s)
        except BaseException:
            self.down()
            raise

    def leave_standing(self) -> None:
        """From now on the laboratory needs no owner: it is up until somebody takes it down."""
        if self._owned is not None:
            journal.amend(self._owned.model_copy(update={"standing": True}), self._runtime)
            self._owned = None

    def down(self) -> None:
        """End what runs in the laboratory and remove it; nothing to do when it is down, or in a process forked from
        the owner. One that this process attached to has to be standing, or its owner dead. Raises LabError."""
        if self._owned is not None:
            if self._owned.owner == os.getpid():
                clear(self._owned, self._runtime)
                self._owned = None
            return
        for entry in journal.entries(self._runtime):
            if entry.run_id == self.blueprint.run_id and entry.topology:
                if not entry.standing and entry.owner_lives():
                    raise LabError(f"laboratory {entry.run_id} is in use by process {entry.owner}")
                clear(entry, self._runtime)

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owned is not None:
            self.down()

    def node(self, name: str) -> Adapter:
        """The adapter of a running node. Raises LabError for one that has no implementation or does not run."""
        planned = self.blueprint.node(name)
        if planned.bare:
            raise LabError(f"node {name} runs no implementation: it is a {planned.runs}")
        return adapter(planned.runs).attach(self._handle(name))

    def sessions(self, name: str) -> tuple[PlannedSession, ...]:
        """The sessions of a node, as its side has them. Raises LabError."""
        return self.blueprint.node(name).sessions

    def stop(self, name: str) -> None:
        """End the implementation of a node as an operator does; it may take leave of its peers. Raises LabError."""
        self.node(name).stop()
        self._handle_file(name).unlink()

    def crash(self, name: str) -> None:
        """Kill the implementation of a node: its peers are told nothing. Raises LabError."""
        self._signal(name, signal.SIGKILL)
        self.stop(name)

    def start(self, name: str) -> None:
        """Start the implementation of a node in its place, with its sessions. Raises LabError, NodeError."""
        planned = self.blueprint.node(name)
        if self._handle_file(name).exists():
            raise LabError(f"node {name} runs already")
        self._start(planned)

    def restart(self, name: str) -> None:
        """`stop` and `start`: its sessions begin anew."""
        self.stop(name)
        self.start(name)

    def pause(self, name: str) -> None:
        """Stop all processes of a node's implementation where they are. Raises LabError."""
        self._signal(name, signal.SIGSTOP)
        deadline = time.monotonic() + _STOPPED_S
        while not all(map(is_stopped, self.node(name).processes())):
            if time.monotonic() > deadline:
                raise LabError(f"node {name} is not paused after {_STOPPED_S:g} s")
            time.sleep(_BETWEEN_LOOKS_S)

    def resume(self, name: str) -> None:
        """Let a paused implementation go on."""
        self._signal(name, signal.SIGCONT)

    def cut(self, network: str, node: str, direction: Direction = "both") -> None:
        """Lose every packet between a node and a network, or one way; interfaces stay up. Raises LabError."""
        self.lose(network, node, 100, direction)

    def lose(self, network: str, node: str, per_cent: float, direction: Direction = "both") -> None:
        """Lose packets at random, 0 to 100 per cent, instead of what was lost so far. Raises LabError."""
        impairments.impair(self.blueprint, network, node, direction, per_cent)

    def delay(self, network: str, node: str, delay_us: int, direction: Direction = "both") -> None:
        """Delay every packet by `delay_us` microseconds, 0 for no longer. Raises LabError, where the kernel cannot."""
        impairments.delay(self.blueprint, network, node, direction, delay_us)

    def unplug(self, network: str, node: str, link: int = 0) -> None:
        """Pull a link, so that its carrier is gone at both ends; `link` is 0, or 0 or 1 of a bond. Raises LabError."""
        impairments.set_link(self.blueprint, network, node, link, up=False)

    def plug(self, network: str, node: str, link: int = 0) -> None:
        """Put a link back that was pulled. Raises LabError."""
        impairments.set_link(self.blueprint, network, node, link, up=True)

    def restore(self, network: str, node: str) -> None:
        """End what `cut`, `lose` and `delay` did there. Raises LabError."""
        impairments.restore(self.blueprint, network, node)

    def troubles(self) -> dict[tuple[str, str, str], str]:
        """What is lost now, in words, by network, node and direction."""
        return impairments.troubles(self.blueprint)

    @contextmanager
    def capture(
        self,
        node: str,
        network: str,
        file: Path,
        *,
        wanted: str = DEFAULT_FILTER,
        limit_mb: int = 100,
    ) -> Iterator[Sniffer]:
        """Record what a node sees of a network to a pcapng file, from when the block begins until it ends, when the
        file is complete. Raises LabError."""
        house = self.blueprint.house(node)
        interface = house.interface(network).name
        sniffer = Sniffer(house.namespace, interface, file, wanted=wanted, limit_mb=limit_mb)
        try:
            yield sniffer
        finally:
            sniffer.stop()

    def end_captures(self) -> None:
        """Complete the files of the captures that the topology asks for, where this process started them."""
        while self._sniffers:
            self._sniffers.pop().stop()

    def captured(self, node: str, network: str) -> Path:
        """The file of a capture that the topology asks for."""
        return self.folder / f"{node}.{network}.pcapng"

    def execute(self, name: str, argv: Sequence[str], *, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a command where a node is, with its programs and its network. Raises LabError."""
        planned = self.blueprint.node(name)
        if planned.bare or not self._handle_file(name).exists():
            return run_in(self.blueprint.house(name).namespace, argv, timeout_s=timeout_s)
        return run(reopen(self._handle(name)["place"]), argv, network=True, timeout_s=timeout_s)

    def command(self, name: str, argv: Sequence[str]) -> list[str]:
        """What to execute here to have `argv` run where a node is. Raises LabError."""
        planned = self.blueprint.node(name)
        if planned.bare or not self._handle_file(name).exists():
            return [ip_command(), "netns", "exec", self.blueprint.house(name).namespace, *argv]
        return reopen(self._handle(name)["place"]).command(argv, network=True)

    def status(self) -> list[SessionStatus]:
        """All sessions, each as both of its nodes tell it."""
        return [status for node in self.blueprint.nodes for status in self.status_of(node.name)]

    def status_of(self, name: str) -> list[SessionStatus]:
        """The sessions of one node, as it tells them; a paused one is not asked. Raises LabError for an unknown
        name."""
        planned = self.blueprint.node(name)
        return list(self._status_of(planned)) if planned.sessions else []

    def bgp_status(self) -> list[BgpStatus]:
        """All BGP sessions, each as both of its nodes tell it; a paused one is not asked."""
        return [self._bgp_status_of(node, bgp) for node in self.blueprint.nodes for bgp in node.bgp]

    def await_up(self, deadline_s: float) -> None:
        """Wait until all sessions that are expected to be Up are, as both nodes tell it, and then all BGP sessions
        Established, with the prefixes that they announce at the other end. Raises LabError after `deadline_s` seconds,
        with what they tell."""
        deadline = time.monotonic() + deadline_s
        while True:
            waiting = [
                _reason(each) for each in self.status() if each.session.expect == "up" and each.view.state != "up"
            ] or [_bgp_reason(each) for each in self.bgp_status() if not each.complete]
            if not waiting:
                return
            if time.monotonic() > deadline:
                reasons = "; ".join(waiting)
                raise LabError(f"{self.blueprint.run_id}: not Up after {deadline_s:g} s: {reasons}")
            time.sleep(_BETWEEN_LOOKS_S)

    def _make(self) -> None:
        plan = self.blueprint
        plan.folder.mkdir(mode=0o755, exist_ok=True)
        _write(plan.folder / _BLUEPRINT, plan.model_dump_json(indent=1))
        fabric.lay(plan)
        for trouble in plan.troubles:
            if trouble.delay_us:
                self.delay(trouble.network, trouble.node, trouble.delay_us, trouble.direction)
            else:
                self.lose(trouble.network, trouble.node, trouble.loss, trouble.direction)
        for wanted in plan.captures:
            house, file = plan.house(wanted.node), self.captured(wanted.node, wanted.network)
            interface = house.interface(wanted.network).name
            self._sniffers.append(
                Sniffer(house.namespace, interface, file, wanted=wanted.filter, limit_mb=wanted.limit_mb)
            )
        speakers = [node for node in plan.nodes if not node.bare]
        with ThreadPoolExecutor() as executor:
            list(executor.map(self._start, speakers))

    def _start(self, planned: PlannedNode) -> None:
        plan = self.blueprint
        namespace = plan.house(planned.name).namespace
        handle = start(planned.runs, self.driver, plan.run_id, namespace, planned.folder)
        _write(self._handle_file(planned.name), json.dumps(handle, indent=1))
        if planned.bgp:
            handle = adapter(planned.runs).start_bgp(handle, planned.bgp[0].spec)
            _write(self._handle_file(planned.name), json.dumps(handle, indent=1))
        node = adapter(planned.runs).attach(handle)
        for session in planned.own_sessions:
            node.add_session(session.spec)
        for bgp in planned.bgp:
            node.add_bgp(bgp.spec, planned.adviser(bgp))

    def _awake(self, planned: PlannedNode) -> Adapter:
        """A node that can be asked. Raises LabError."""
        node = self.node(planned.name)
        if any(map(is_stopped, node.processes())):
            raise LabError("paused")
        return node

    def _bgp_status_of(self, planned: PlannedNode, bgp: PlannedBgp) -> BgpStatus:
        try:
            return BgpStatus(planned.name, bgp, self._awake(planned).show_bgp(bgp.spec))
        except (NodeError, LabError) as error:
            return BgpStatus(planned.name, bgp, BgpView(state="unknown"), str(error))

    def _status_of(self, planned: PlannedNode) -> Iterator[SessionStatus]:
        try:
            node = self._awake(planned)
        except LabError as error:
            yield from (_untold(planned.name, session, error) for session in planned.sessions)
            return
        for session in planned.sessions:
            try:
                yield SessionStatus(planned.name, session, node.show(session.spec))
            except (NodeError, LabError) as error:
                yield _untold(planned.name, session, error)

    def _signal(self, name: str, number: signal.Signals) -> None:
        signal_sessions(self.blueprint.house(name).namespace, self.node(name).processes(), number)

    def _handle(self, name: str) -> Handle:
        try:
            handle: Handle = json.loads(self._handle_file(name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise LabError(f"node {name} does not run") from None
        return handle

    def _handle_file(self, name: str) -> Path:
        return self.folder / f"{name}.handle.json"


def _untold(node: str, session: PlannedSession, error: Exception) -> SessionStatus:
    return SessionStatus(node, session, SessionView(state="unknown"), str(error))


def _reason(status: SessionStatus) -> str:
    diag = f", diag {status.view.diag}" if status.view.diag else ""
    return f"{status.session.spec.name} at {status.node}: {status.trouble or status.view.state + diag}"


def _bgp_reason(status: BgpStatus) -> str:
    return f"BGP {status.bgp.spec.name} at {status.node}: {status.words()}"


def _write(file: Path, text: str) -> None:
    """Whole or not at all, and for its owner's eyes only, as there may be keys in it."""
    draft = file.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
    draft.replace(file)
