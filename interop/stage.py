"""Where a scenario acts: two implementations and the network between them, captured at both ends.

Side 0 is the end that acts, side 1 the other one. Whatever the operator does is marked with the time, before it is
done. A stage is for one session; nothing of it is left after `clear`.
"""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from interop.evidence import Mark
from interop.watch import Watch
from refimpl.core.constants import State
from topologies.errors import LabError
from topologies.node import Node, NodeError, SessionSpec

ESTABLISHED_S = 15.0
"""How long a session may take to come Up: some rounds at the slow rate, and an implementation that begins slowly."""
_SETTLED_PACKETS = 3
_SETTLED_S = 6.0


class NotEstablishedError(Exception):
    """The session that a scenario needs did not come Up. The message says how far it came."""


class Bench(Protocol):
    """What a stage needs of the laboratory; sides are those of the stage."""

    def node(self, side: int) -> Node:
        """The implementation at a side."""

    def restart(self, side: int) -> None:
        """End the implementation, without a word, and start it again, with no session. Raises LabError, NodeError."""

    def pause(self, side: int) -> None:
        """Freeze its processes. Raises LabError."""

    def resume(self, side: int) -> None:
        """Let them go on; no error where they do. Raises LabError."""

    def cut(self, *, toward: int | None = None) -> None:
        """Lose every packet between the two without either noticing a link that is down; with `toward` only those to
        that side. Raises LabError."""

    def restore(self) -> None:
        """The network is as it was; no error where it is. Raises LabError."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of the session: `name` is how it is called in words, `spec` the session as it would have it."""

    name: str
    spec: SessionSpec


class Stage:
    """A session between two ends. `calm_s` is how long a session is watched that nobody disturbs."""

    def __init__(self, bench: Bench, ends: tuple[End, End], watch: Watch, *, calm_s: float) -> None:
        self.ends = ends
        self.calm_s = calm_s
        self.watch = watch
        self.marks: list[Mark] = []
        self._bench = bench
        self._specs = [end.spec for end in ends]
        self._begun_ns = [0, 0]

    def mark(self, name: str, words: str) -> None:
        """Note that the operator does something now."""
        self.marks.append(Mark(time.time_ns(), name, words))

    def wish(self, side: int, **wishes: Any) -> None:
        """Parameters of the session, as in SessionSpec, before it is added."""
        self._specs[side] = replace(self._specs[side], **wishes)

    def add(self, side: int) -> None:
        """Add the session at one end. Raises NodeError."""
        self.mark(f"add {side}", f"{self.ends[side].name} is told of the session")
        self._bench.node(side).add_session(self._specs[side])

    def establish(self, wishes: Sequence[Mapping[str, Any]] = ({}, {})) -> None:
        """Add the session at both ends and wait until it is Up and settled. Raises NodeError, NotEstablishedError."""
        for side in (1, 0):
            self.wish(side, **wishes[side])
            self.add(side)
        self.mark("begin", "both ends have the session")
        self.come_up()

    def come_up(self) -> None:
        """Wait until both ends say Up, and nothing is being negotiated any more. Raises NotEstablishedError."""
        if not self.watch.until(self.both_up, ESTABLISHED_S):
            states = " and ".join(f"{end.name} {self._state(side)}" for side, end in enumerate(self.ends))
            raise NotEstablishedError(f"the session did not come Up within {ESTABLISHED_S:g} s: {states}")
        self.watch.until(self._settled, _SETTLED_S)
        self.mark("up", "both ends are Up, and have said the same several times")

    def both_up(self) -> bool:
        """Whether the last packet of either end said Up."""
        return all(self.is_up(side) for side in (0, 1))

    def is_up(self, side: int) -> bool:
        """Whether an end's last packet said Up; one that was restarted has to say so anew."""
        said = self.watch.said(side)
        return bool(said) and said[-1].time_ns >= self._begun_ns[side] and said[-1].packet.state == State.UP

    def until_down(self, side: int, within_s: float) -> bool:
        """Wait until an end says something else than Up; False if it does not."""
        return self.watch.until(lambda: not self.is_up(side), within_s)

    def let(self, seconds: float) -> None:
        """Look on for a while."""
        self.watch.until(lambda: False, seconds)

    def node(self, side: int) -> Node:
        """The implementation at a side."""
        return self._bench.node(side)

    def spec(self, side: int) -> SessionSpec:
        """The session as an end was told of it."""
        return self._specs[side]

    def restart(self, side: int) -> None:
        """End the implementation and start it again; its session is gone."""
        self._bench.restart(side)
        self._begun_ns[side] = time.time_ns()

    def pause(self, side: int) -> None:
        """Freeze an end."""
        self._bench.pause(side)

    def resume(self, side: int) -> None:
        """Let it go on."""
        self._bench.resume(side)

    def cut(self, *, toward: int | None = None) -> None:
        """Lose every packet, or those to one end."""
        self._bench.cut(toward=toward)

    def restore(self) -> None:
        """Lose none any more."""
        self._bench.restore()

    def clear(self) -> list[str]:
        """Undo everything, and return what could not be undone, a line each. An end that does not obey any more is
        started again."""
        trouble = []
        for undo in (self._bench.restore, lambda: self._bench.resume(0), lambda: self._bench.resume(1)):
            try:
                undo()
            except LabError as error:
                trouble.append(str(error))
        for side in (0, 1):
            try:
                self._bench.node(side).remove_session(self._specs[side])
            except (NodeError, LabError) as error:
                trouble.append(f"started again: {error}")
                with contextlib.suppress(NodeError, LabError):  # whatever comes next will say so
                    self._bench.restart(side)
        return trouble

    def _settled(self) -> bool:
        """Both ends have said the same several times: Up, no Poll Sequence under way."""
        for side in (0, 1):
            said = self.watch.said(side)[-_SETTLED_PACKETS:]
            last = [each.packet for each in said]
            if len(last) < _SETTLED_PACKETS or any(each.state != State.UP or each.poll or each.final for each in last):
                return False
            if len({(each.desired_min_tx_interval_us, each.required_min_rx_interval_us) for each in last}) > 1:
                return False
        return True

    def _state(self, side: int) -> str:
        last = self.watch.last(side)
        return "said nothing" if last is None else f"said {State(last.state).label} last"
