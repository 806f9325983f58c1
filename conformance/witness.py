"""The independent witness: Wireshark's dissector reads every capture of a run, and says whether it saw what the
bench saw.

It confirms two things. Each packet of the target reads the same in the packet table when tshark's fields are put
into its words; and the checks of `captures.checks`, which share no code with the bench, judge the target's packets by
themselves. Where the witness contradicts a PASS, the case is INCONCLUSIVE: one of the two is wrong, and nobody is
accused.
"""

import tempfile
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from captures.findings import Outcome, Ruling
from captures.fold import fold
from captures.handshake import handshake_seen
from captures.join import join
from captures.judging import judge
from captures.read import CaptureError, read_tshark
from captures.rows import Row
from captures.table import from_packets
from conformance.bench.echo import ECHO
from conformance.bench.packets import Seen, in_words
from refimpl.core.packet import ControlPacket
from refimpl.wire.frames import Datagram
from reports.model import CaseResult, Verdict
from reports.words import count

MALFORMED = "malformed"
"""How the packet table begins a packet without a Mandatory Section, which has no fields for tshark to read."""


def bear_witness(results: Sequence[CaseResult], folder: Path) -> list[CaseResult]:
    """The results with what tshark says about their captures in `folder`; without tshark, with the reason."""
    captured = [result for result in results if result.capture]
    try:
        rows = _read([folder / result.capture for result in captured])
    except (CaptureError, OSError) as error:
        return [result.model_copy(update={"witness": [f"not read by tshark: {error}"]}) for result in results]
    testimony = {result.id: _testify(result, own) for result, own in zip(captured, rows, strict=True)}
    return [testimony.get(result.id, result) for result in results]


def _read(paths: Sequence[Path]) -> list[list[Row]]:
    """The rows of each capture, with the frame numbers that it has by itself."""
    with tempfile.TemporaryDirectory(prefix="bfdspec-") as scratch:
        joined = Path(scratch) / "run.pcapng"
        ends = list(accumulate(join(paths, joined)))
        reading = read_tshark(joined)
    starts = [0, *ends[:-1]]
    rows: list[list[Row]] = [[] for _ in paths]
    for row in reading.rows:
        index = bisect_right(ends, row.frame - 1)
        rows[index].append(replace(row, frame=row.frame - starts[index]))
    return rows


def _testify(result: CaseResult, rows: Sequence[Row]) -> CaseResult:
    told = {
        line.frame: line.summary
        for line in result.packets
        if line.direction == "from_target" and not line.summary.startswith((MALFORMED, ECHO))
    }
    if not told:
        return result.model_copy(update={"witness": ["the target sent no packet, so there is nothing to read"]})
    own = [row for row in rows if row.frame in told]
    read = {row.frame: _words(row) for row in own}
    different = [frame for frame, words in told.items() if read.get(frame) != words]
    speakers = list(dict.fromkeys(row.source for row in own))
    outcomes = [outcome for speaker in speakers for outcome in judge(rows, speaker)]
    lines = [f"tshark read {len(own)} packets of the target, {len(told) - len(different)} of them as the bench did"]
    lines += [f"frame {frame}: tshark reads {read.get(frame, 'no Control packet')}" for frame in different[:3]]
    lines += [_line(outcome) for outcome in outcomes if outcome.ruling is not Ruling.NOT_APPLICABLE]
    lines += [
        f"three-way handshake complete: {' and '.join(_frames(side.init, side.up) for side in seen.sides)}"
        for seen in handshake_seen(fold([from_packets(rows)]))
        if seen.complete
    ]
    contradicted = [
        outcome.check
        for outcome in outcomes
        if outcome.ruling is Ruling.VIOLATED and outcome.check in {each.id for each in result.requirements}
    ]
    update: dict[str, object] = {"witness": lines}
    if different or (contradicted and result.verdict is Verdict.PASS):
        reason = "bench and tshark disagree about " + (", ".join(contradicted) or f"frame {different[0]}")
        update |= {"verdict": Verdict.INCONCLUSIVE, "reason": reason, "as_expected": False}
    return result.model_copy(update=update)


def _line(outcome: Outcome) -> str:
    words = f"{outcome.check} {outcome.ruling} in {count(outcome.examined, 'packet')}: {outcome.clause}"
    if outcome.findings:
        first = outcome.findings[0]
        words += f"; {first.where[0]}: expected {first.expected}, seen {first.seen}"
    return words


def _frames(init: int | None, up: int | None) -> str:
    return f"Up in frame {up}" if init is None else f"Init in frame {init}, Up in frame {up}"


def _words(row: Row) -> str:
    """The row in the words of the packet table."""
    packet = ControlPacket(
        state=row.state,
        diag=row.diag,
        poll=row.poll,
        final=row.final,
        control_plane_independent=row.control_plane_independent,
        authentication_present=row.authentication_present,
        demand=row.demand,
        multipoint=row.multipoint,
        detect_mult=row.detect_mult,
        length=row.length,
        my_discriminator=row.my_discriminator,
        your_discriminator=row.your_discriminator,
        desired_min_tx_interval_us=row.desired_min_tx_interval_us,
        required_min_rx_interval_us=row.required_min_rx_interval_us,
        required_min_echo_rx_interval_us=row.required_min_echo_rx_interval_us,
        version=row.version,
    )
    datagram = Datagram(
        row.source, row.destination, row.source_port, row.destination_port, row.ttl, bytes(row.payload_length)
    )
    return in_words(Seen(row.frame, row.time_ns // 1000, False, datagram, packet))
