"""What every engine does with sessions: hand them packets and timers, perform their outputs, know the next deadline.

An engine owns time and input/output; the speaker owns neither. RFC 5880 knows nothing of this file.
"""

import heapq
from collections.abc import Callable
from itertools import count

from refimpl.core.demux import SessionTable
from refimpl.core.outputs import Output, Transmit, TransmitEcho
from refimpl.core.packet import Meta
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.session import Session
from refimpl.wire.codec import decode, encode, pad
from refimpl.wire.echo import decode_echo, encode_echo

Send = Callable[[Session, bytes], None]
Observe = Callable[[int, Session | None, Output], None]


def ignore(now: int, session: Session | None, output: Output) -> None:
    """The observer of a speaker that nobody watches."""


class Speaker:
    """All sessions of one system, driven by an engine.

    `table` keeps the sessions; `send` transmits a Control packet's payload for one of them, `send_echo` an Echo
    packet's; `observe` is told of every output with the time, and with None for packets that no session claims.
    """

    def __init__(self, table: SessionTable, send: Send, send_echo: Send, *, observe: Observe = ignore) -> None:
        self._table = table
        self._send = send
        self._send_echo = send_echo
        self._observe = observe
        # (deadline, tie-breaker, session); an entry is stale unless it is the session's latest.
        self._heap: list[tuple[int, int, Session]] = []
        self._latest: dict[Session, int] = {}
        self._order = count()

    @property
    def sessions(self) -> list[Session]:
        """All sessions, in order of creation."""
        return list(self._table)

    def add(self, config: SessionConfig, profile: Profile, now: int) -> Session:
        """Create a session; its first packet is due at once, or after the first one received in the Passive role."""
        session = self._table.create(config, profile, now)
        self._reschedule(session)
        return session

    def remove(self, session: Session) -> None:
        """Forget a session without another packet."""
        self._table.delete(session)
        self._latest.pop(session, None)

    def receive(self, payload: bytes, meta: Meta, now: int) -> None:
        """A UDP payload arrived."""
        session, outputs = self._table.receive(decode(payload), meta, now)
        self.perform(session, outputs, now)

    def receive_echo(self, payload: bytes, interface: str, now: int) -> None:
        """The UDP payload of an Echo packet arrived that was addressed to this system."""
        session, outputs = self._table.receive_echo(decode_echo(payload), interface, now)
        self.perform(session, outputs, now)

    def perform(self, session: Session | None, outputs: list[Output], now: int) -> None:
        """Carry out what a session answered to a packet, a timer or a command."""
        for output in outputs:
            if isinstance(output, Transmit) and session is not None:
                self._send(session, pad(encode(output.packet), session.config.padded_pdu_size))
            elif isinstance(output, TransmitEcho) and session is not None:
                self._send_echo(session, encode_echo(output.packet))
            self._observe(now, session, output)
        if session is not None:
            self._reschedule(session)

    def next_deadline(self) -> int | None:
        """When `run_due` has to be called next."""
        while self._heap and not self._is_current(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run_due(self, now: int) -> None:
        """Call every session whose deadline has come."""
        while (deadline := self.next_deadline()) is not None and deadline <= now:
            _, _, session = heapq.heappop(self._heap)
            del self._latest[session]
            outputs = session.on_timer(now)
            again = session.next_deadline()
            if not outputs and again is not None and again <= now:
                raise RuntimeError(f"session {session.config.peer} is due, but nothing comes of it")
            self.perform(session, outputs, now)

    def _is_current(self, entry: tuple[int, int, Session]) -> bool:
        return self._latest.get(entry[2]) == entry[1]

    def _reschedule(self, session: Session) -> None:
        deadline = session.next_deadline()
        if deadline is None:
            self._latest.pop(session, None)
            return
        number = next(self._order)
        self._latest[session] = number
        heapq.heappush(self._heap, (deadline, number, session))
