"""A meeting in words and lines: what a report tells of evidence and conclusion."""

from collections.abc import Collection

from interop.evidence import Evidence, Mark, Packet, in_words
from reports.interop import Line


def lines(evidence: Evidence, marked: Collection[Packet]) -> list[Line]:
    """The packets and what the operator did, in order. A packet that reads as its side's last one is counted there;
    those on which the verdict rests have a line of their own."""
    kept: list[Line] = []
    latest: dict[int, int] = {}
    moments: list[tuple[int, Packet | Mark]] = [(mark.time_ns, mark) for mark in evidence.marks]
    moments += [(packet.sent_ns, packet) for packet in evidence.packets]
    moments.sort(key=lambda moment: moment[0])
    begun = moments[0][0] if moments else 0
    for time_ns, each in moments:
        time_us = (time_ns - begun) // 1000
        if not isinstance(each, Packet):
            kept.append(Line(time_us=time_us, side=None, words=each.words))
            latest.clear()  # what comes after an act of the operator's begins anew
            continue
        words = in_words(each.row) + ("" if each.heard_ns is not None else "; does not arrive")
        last = latest.get(each.side)
        if each not in marked and last is not None and kept[last].words == words:
            kept[last] = kept[last].model_copy(update={"alike": kept[last].alike + 1})
            continue
        latest[each.side] = len(kept)
        line = Line(time_us=time_us, side=each.side, frames=each.frames, words=words, marked=each in marked)
        kept.append(line)
    return kept
