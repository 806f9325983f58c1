"""From packets to conversations: a fold over chunks, of which nothing is kept but what each end said and for how long.

Lives here: who belongs together, and what becomes of the pieces of a chunk. Must not live here: opinions. Memory grows
with what was said anew, not with the number of packets.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from captures import pieces
from captures.conversation import BIN_PERCENT, BINS, Conversation, End, Gap, Said, Steps, Stretch
from captures.pieces import NEVER, Pieces
from captures.rows import Row, Undecoded
from captures.table import PACKET, Chunk, to_packets


def fold(chunks: Iterable[Chunk]) -> list[Conversation]:
    """All conversations of a capture, in order of appearance."""
    folded = Fold()
    for chunk in chunks:
        folded.add(chunk)
    return folded.conversations


class Fold:
    """Takes chunks of one capture in their order; what it holds is valid after each of them."""

    def __init__(self) -> None:
        self._conversations: dict[tuple[str, frozenset[str], int], tuple[int, Conversation]] = {}
        self._numbers: dict[int, int] = {}  # of ends, by hash
        self._ends: list[End] = []
        self._group = np.zeros(0, np.int32)  # number of the conversation, by number of the end
        self._last = np.zeros(0, PACKET)  # last packet, by number of the end

    @property
    def conversations(self) -> list[Conversation]:
        """In order of appearance."""
        return [conversation for _, conversation in self._conversations.values()]

    def add(self, chunk: Chunk) -> None:
        """Go on with these packets."""
        if not len(chunk.packets):
            return
        known = len(self._ends)
        own = self._number(chunk)
        cut = pieces.cut(chunk.packets, own, self._group, self._last, known)
        self._enter(cut, chunk.places)
        lasts = np.flatnonzero(np.diff(cut.own, append=-1))  # an end's last piece
        self._last[cut.own[lasts]] = cut.packets[(cut.begins + cut.counts - 1)[lasts]]

    # ------------------------------------------------------------------ who is who

    def _number(self, chunk: Chunk) -> NDArray[Any]:
        """The number of each packet's end."""
        hashes, first, inverse = np.unique(pieces.hashes(chunk.packets), return_index=True, return_inverse=True)
        hashed = hashes.tolist()
        new = [at for at in np.argsort(first).tolist() if hashed[at] not in self._numbers]  # in order of appearance
        for at, packet in zip(new, to_packets(Chunk(chunk.packets[first[new]], chunk.places)), strict=True):
            self._numbers[hashed[at]] = self._make_end(packet)
        return np.array([self._numbers[each] for each in hashed], np.int32)[inverse]

    def _make_end(self, packet: Row | Undecoded) -> int:
        key = packet.place, frozenset((packet.source, packet.destination)), packet.destination_port
        if key not in self._conversations:
            conversation = Conversation(packet.place, (packet.source, packet.destination), packet.destination_port)
            self._conversations[key] = len(self._conversations), conversation
        group, conversation = self._conversations[key]
        end = End(conversation, packet.source, packet.my_discriminator if isinstance(packet, Row) else None)
        conversation.ends[end.address, end.discriminator] = end
        number = len(self._ends)
        self._ends.append(end)
        if number == len(self._group):
            grown = max(1024, number)
            self._group = np.concatenate([self._group, np.zeros(grown, np.int32)])
            self._last = np.concatenate([self._last, np.zeros(grown, PACKET)])
        self._group[number] = group
        return number

    # ------------------------------------------------------------------ who said what

    def _enter(self, cut: Pieces, places: Sequence[str]) -> None:
        """Append the pieces to what their ends said."""
        count = len(cut.begins)
        order = np.argsort(cut.positions).tolist()
        firsts, finals = cut.packets[cut.begins], cut.packets[cut.begins + cut.counts - 1]
        new = np.flatnonzero(cut.anew)
        contents = dict(zip(new.tolist(), to_packets(Chunk(firsts[new], places)), strict=True))
        base: dict[Conversation, int] = {}
        stretches: list[Stretch | None] = [None] * count
        columns = [
            array.tolist()
            for array in (
                cut.own,
                cut.anew,
                cut.epochs,
                cut.counts,
                cut.lead,
                cut.lead_step,
                firsts["frame"],
                firsts["time_ns"],
                finals["frame"],
                finals["time_ns"],
            )
        ]
        lines = list(zip(*columns, strict=True))
        for piece in order:
            own, anew, epoch, number, lead, lead_step, first_frame, first_ns, last_frame, last_ns = lines[piece]
            end = self._ends[own]
            conversation = end.conversation
            epoch += base.setdefault(conversation, conversation.epoch)
            conversation.epoch = epoch
            if anew:
                end.said.append(Said(contents[piece]))  # type: ignore[arg-type]  # or an Undecoded, see Said
            said = end.said[-1]
            said.count += number
            if said.stretches and said.stretches[-1].epoch == epoch:
                stretch = said.stretches[-1]
                stretch.last_frame, stretch.last_ns, stretch.count = last_frame, last_ns, stretch.count + number
                _add_gap(stretch, max(lead, 0), first_frame)
                _add_step(stretch, lead_step, first_frame)
            else:
                heard = _heard(conversation, end, said)
                stretch = Stretch(
                    epoch,
                    first_frame,
                    first_ns,
                    last_frame,
                    last_ns,
                    number,
                    None if lead == NEVER else lead,
                    _interval_us(said, heard),
                    heard,
                    lead_step,
                )
                said.stretches.append(stretch)
            stretches[piece] = stretch
        _measure(cut, [stretch for stretch in stretches if stretch is not None])


def _heard(conversation: Conversation, end: End, said: Said) -> Said | None:
    """What the peer that a packet names has said last."""
    peer = conversation.peer(end, said.packet) if isinstance(said.packet, Row) else None
    return peer.said[-1] if peer is not None and peer.said else None


def _interval_us(said: Said, heard: Said | None) -> int:
    if not isinstance(said.packet, Row):
        return 0
    return max(said.packet.desired_min_tx_interval_us, heard.row.required_min_rx_interval_us if heard else 0)


def _measure(cut: Pieces, stretches: list[Stretch]) -> None:
    """Add what is inside of each piece to its stretch."""
    intervals_ns = np.array([stretch.interval_us * 1000 for stretch in stretches], np.int64)
    for piece, gaps in cut.histograms(intervals_ns).items():
        before = stretches[piece].gaps
        stretches[piece].gaps = gaps if before is None else before + gaps
    several = np.flatnonzero(cut.counts > 1)
    columns = [array[several].tolist() for array in (*cut.shortest(), *cut.longest())]
    for piece, *extremes in zip(several.tolist(), *columns, strict=True):
        _widen(stretches[piece], *extremes)
    for piece, steps in cut.sequences().items():
        _go_on(stretches[piece], steps)


def _widen(stretch: Stretch, shortest_ns: int, shortest_frame: int, longest_ns: int, longest_frame: int) -> None:
    if stretch.shortest is None or shortest_ns < stretch.shortest.ns:
        stretch.shortest = Gap(shortest_ns, shortest_frame)
    if stretch.longest is None or longest_ns > stretch.longest.ns:
        stretch.longest = Gap(longest_ns, longest_frame)


def _add_gap(stretch: Stretch, gap_ns: int, frame: int) -> None:
    """The gap between two pieces of one stretch."""
    _widen(stretch, gap_ns, frame, gap_ns, frame)
    if stretch.interval_us:
        if stretch.gaps is None:
            stretch.gaps = np.zeros(BINS, np.uint32)
        part = int(gap_ns * (100 / BIN_PERCENT) // (stretch.interval_us * 1000))
        stretch.gaps[min(part, BINS - 1)] += 1


def _add_step(stretch: Stretch, step: int, frame: int) -> None:
    """The step between two pieces of one stretch."""
    if stretch.steps is not None:
        last = stretch.steps.last
        repeated, back = int(step == 0), int(step < 0)
        _go_on(stretch, Steps(last, last, repeated, frame * repeated, back, frame * back, max(step, 0)))


def _go_on(stretch: Stretch, steps: Steps) -> None:
    before = stretch.steps
    if before is None:
        stretch.steps = steps
        return
    stretch.steps = Steps(
        before.first,
        steps.last,
        before.repeated + steps.repeated,
        before.repeated_frame or steps.repeated_frame,
        before.back + steps.back,
        before.back_frame or steps.back_frame,
        max(before.forth, steps.forth),
    )
