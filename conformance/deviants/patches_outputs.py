"""Sessions that do everything right and then send something else: for deviants that have to remember what was sent."""

from dataclasses import replace
from typing import Any

from refimpl.core.constants import State
from refimpl.core.outputs import Output, Transmit, Why
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.session import Session
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.codec import decode, encode
from refimpl.wire.frames import Datagram

Packets = list[Datagram]


class Bent(Session):
    """A session whose packets are bent on their way out."""

    def bend(self, sent: Transmit) -> Transmit | None:
        """What leaves instead of `sent`; None for nothing. Called once a packet, in order."""
        return sent

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        """As the session's, bent."""
        return self._bent(super().receive(packet, meta, now))

    def on_timer(self, now: int) -> list[Output]:
        """As the session's, bent."""
        return self._bent(super().on_timer(now))

    def _bent(self, outputs: list[Output]) -> list[Output]:
        bent = (self.bend(output) if isinstance(output, Transmit) else output for output in outputs)
        return [output for output in bent if output is not None]


def changed(sent: Transmit, **fields: Any) -> Transmit:
    """The same transmission with fields of its packet set."""
    return replace(sent, packet=replace(sent.packet, **fields))


class PollsOnce(Bent):
    """P is set on the first `polls` packets of a Poll Sequence, and on no more."""

    polls = 1
    _in_a_row = 0

    def bend(self, sent: Transmit) -> Transmit | None:
        if sent.packet.final:
            return sent
        self._in_a_row = self._in_a_row + 1 if sent.packet.poll else 0
        return changed(sent, poll=False) if self._in_a_row > self.polls else sent


class PollsThrice(PollsOnce):
    """Gives up after three packets."""

    polls = 3


class PollsEveryOther(Bent):
    """P is set on every other packet of a Poll Sequence."""

    _skipping = False

    def bend(self, sent: Transmit) -> Transmit | None:
        if not sent.packet.poll:
            self._skipping = False
            return sent
        self._skipping = not self._skipping
        return sent if self._skipping else changed(sent, poll=False)


class PollsOnceMore(Bent):
    """The packet after the Final still has P set."""

    _polling = False

    def bend(self, sent: Transmit) -> Transmit | None:
        if sent.why is not Why.PERIODIC:
            return sent
        was, self._polling = self._polling, sent.packet.poll
        return changed(sent, poll=was or sent.packet.poll)


class MuteAfterPolling(Bent):
    """No periodic packets after the second Poll Sequence; the first one belongs to the handshake."""

    _sequences = 0
    _polling = False

    def bend(self, sent: Transmit) -> Transmit | None:
        self._sequences += self._polling and not sent.packet.poll and not sent.packet.final
        self._polling = sent.packet.poll or (self._polling and sent.packet.final)
        return None if self._sequences >= 2 and not sent.packet.final else sent


class ThirdAnswer(Bent):
    """Answers to Polls are right twice, which is what preparations need; from the third one on they are not."""

    _answers = 0

    def answer(self, sent: Transmit) -> Transmit | None:
        """What is sent instead of the third answer and the later ones."""
        return None

    def bend(self, sent: Transmit) -> Transmit | None:
        if not sent.packet.final:
            return sent
        self._answers += 1
        return self.answer(sent) if self._answers >= 3 else sent


class AnswersWithoutFinal(ThirdAnswer):
    """F is clear."""

    def answer(self, sent: Transmit) -> Transmit | None:
        return changed(sent, final=False)


class AnswersWithPoll(ThirdAnswer):
    """P is set, too."""

    def answer(self, sent: Transmit) -> Transmit | None:
        return changed(sent, poll=True)


class AnswersLate(ThirdAnswer):
    """The answer waits for the next scheduled packet, which gets F set."""

    _owed = False

    def answer(self, sent: Transmit) -> Transmit | None:
        self._owed = True
        return None

    def bend(self, sent: Transmit) -> Transmit | None:
        if self._owed and sent.why is Why.PERIODIC:
            self._owed = False
            return changed(sent, final=True, poll=False)
        return super().bend(sent)


class AnswersUnlessToldNotToSend(Bent):
    """A far end that asked for no periodic packets gets no answers, either."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        asked_for_none = self.variables.remote_min_rx_interval_us == 0
        return without_finals(super().receive(packet, meta, now), asked_for_none)


class AnswersUnlessInDemand(Bent):
    """A far end in Demand mode gets no answers."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        in_demand = self.variables.remote_demand_mode
        return without_finals(super().receive(packet, meta, now), in_demand)


def without_finals(outputs: list[Output], forbidden: bool) -> list[Output]:
    """The outputs, those that answer a Poll left out where answers are forbidden."""
    return [each for each in outputs if not (forbidden and isinstance(each, Transmit) and each.why is Why.FINAL)]


class AnswersTooEarly(Bent):
    """A Poll is answered before the packet has moved the session."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        before = self.state
        return [
            changed(output, state=before) if isinstance(output, Transmit) and output.packet.final else output
            for output in super().receive(packet, meta, now)
        ]


class SilentAboutChanges(Bent):
    """Changes wait for the next scheduled packet."""

    def bend(self, sent: Transmit) -> Transmit | None:
        return None if sent.why is Why.CHANGE else sent


class FinalNowAndThen(Bent):
    """Every fourth packet has F set, though nobody polled."""

    def bend(self, sent: Transmit) -> Transmit | None:
        return changed(sent, final=True) if sent.why is Why.PERIODIC and self.counters.transmitted % 4 == 0 else sent


class PollsNowAndThen(Bent):
    """While Up, every fourth packet has P set, though there is nothing to tell."""

    def bend(self, sent: Transmit) -> Transmit | None:
        idle = sent.why is Why.PERIODIC and self.state is State.UP and self.counters.transmitted % 4 == 0
        return changed(sent, poll=True) if idle else sent


def twice_while_polling(session: Session, datagram: Datagram) -> Packets:
    """Every packet with P set leaves twice."""
    packet = decode(datagram.payload)
    return [datagram, datagram] if isinstance(packet, ControlPacket) and packet.poll else [datagram]


def one_in_five(**fields: str) -> EngineFlaws:
    """Every fifth packet over IPv4 or IPv6 leaves with other addresses: `source4`, `source6`, `destination4` ..."""

    def readdress(session: Session, datagram: Datagram) -> Packets:
        family = "6" if ":" in datagram.source else "4"
        own: dict[str, Any] = {name[:-1]: value for name, value in fields.items() if name.endswith(family)}
        return [replace(datagram, **own) if session.counters.transmitted % 5 == 0 else datagram]

    return EngineFlaws(outgoing=readdress)


def rewriting_first_packets(**fields: Any) -> EngineFlaws:
    """Fields set in every packet that is sent before anything was received."""

    def rewrite(session: Session, datagram: Datagram) -> Packets:
        packet = decode(datagram.payload)
        if isinstance(packet, ControlPacket) and session.counters.received == 0:
            return [replace(datagram, payload=encode(replace(packet, **fields)))]
        return [datagram]

    return EngineFlaws(outgoing=rewrite)
