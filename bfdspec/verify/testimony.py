"""What captures say, put into the model of the report: conversations, what was judged, findings.

Lives here: the way from `captures` to `reports`, which know nothing of each other. Must not live here: reading,
rules, looks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from bfdspec.verify.jury import Answer, Found, judge
from captures.checks import CHECKS
from captures.conversation import BINS, Conversation, End, Said, Stretch
from captures.findings import Check, Ruling
from captures.handshake import DOWN, INIT, STATE_NAMES, UP, Handshake, handshake_seen
from captures.rows import Row
from reports import verification as model

LINES = 400
"""Packets of one conversation that are told, at most."""
WHERE = 20
"""Places of one finding that are told, at most."""
TOLD = 200
"""Conversations without findings that are told with their ends and packets, at most."""
SPEAKERS = 8
"""Where a file has more speakers, it is not told of each what could not be decided."""

_RULINGS = {
    Ruling.CONFIRMED: model.Ruling.CONFIRMED,
    Ruling.VIOLATED: model.Ruling.VIOLATED,
    Ruling.NOT_APPLICABLE: model.Ruling.UNDECIDED,
}
_EXPIRED = 1


@dataclass(slots=True)
class Testimony:
    """The parts of a report, file after file. `jobs` processes judge, 0 is one per core. So many conversations of each
    file are `told` with their ends and packets, and all of those with findings."""

    checks: Sequence[Check] = CHECKS
    jobs: int = 0
    told: int = TOLD
    files: list[model.FileRead] = field(default_factory=list)
    conversations: list[model.ConversationSeen] = field(default_factory=list)
    judged: list[model.Judged] = field(default_factory=list)
    findings: list[model.Finding] = field(default_factory=list)

    def add(self, name: str, conversations: Sequence[Conversation], warning: str) -> None:
        """Judge what a file holds and take it in."""
        begun_ns, ended_ns = _limits(conversations)
        speakers = {end.address for each in conversations for end in each.ends.values()}
        answers = judge(conversations, self.checks, jobs=self.jobs, undecided=len(speakers) <= SPEAKERS)
        counts = [(end.count, end.discriminator is None) for each in conversations for end in each.ends.values()]
        self.files.append(
            model.FileRead(
                name=name,
                packets=sum(number for number, _ in counts),
                undecoded=sum(number for number, unread in counts if unread),
                started_ns=begun_ns,
                duration_us=(ended_ns - begun_ns) // 1000,
                warning=warning,
                speakers=list(answers),
            )
        )
        marked: dict[int, set[int]] = {}
        for speaker, of_speaker in answers.items():
            for answer in of_speaker:
                for found in answer.found:
                    check = self.checks[answer.check]
                    self.findings.append(_finding(found, speaker, check, len(self.conversations), begun_ns))
                    marked.setdefault(found.conversation, set()).update(span.frame for span in found.where)
        self.judged += [self._judged(*each) for each in _alike(answers)]
        calm = 0
        seen = []
        for number, conversation in enumerate(conversations):
            calm += number not in marked
            told = LINES if number in marked or calm <= self.told else 0
            seen.append(self._conversation(conversation, begun_ns, marked.get(number, set()), told))
        self.conversations += seen

    def _judged(self, answer: Answer, speakers: list[str]) -> model.Judged:
        return model.Judged(
            file=len(self.files) - 1,
            speakers=speakers,
            check=self.checks[answer.check].requirement,
            ruling=_RULINGS[answer.ruling],
            examined=answer.examined,
            reason=answer.reason,
            notes=list(answer.notes),
        )

    def _conversation(
        self, conversation: Conversation, begun_ns: int, marked: set[int], told: int
    ) -> model.ConversationSeen:
        seen = model.ConversationSeen(
            file=len(self.files) - 1,
            place=conversation.place,
            addresses=conversation.addresses,
            destination_port=conversation.destination_port,
            packets=sum(end.count for end in conversation.ends.values()),
        )
        if not told:
            return seen
        lines = _lines(conversation, begun_ns, marked)
        kept = _kept(lines, told)
        return seen.model_copy(
            update={
                "ends": [_end(end, begun_ns) for end in conversation.ends.values() if end.discriminator is not None],
                "handshakes": [_words(each, begun_ns) for each in handshake_seen([conversation])],
                "lines": kept,
                "lines_left_out": len(lines) - len(kept),
            }
        )


def _alike(answers: Mapping[str, Sequence[Answer]]) -> list[tuple[Answer, list[str]]]:
    """Each answer with all speakers of whom it is given, in the order of checks."""
    groups: dict[Answer, list[str]] = {}
    known: dict[int, list[str]] = {}  # most speakers share the very same ones, and a look at that is quicker
    for speaker, of_speaker in answers.items():
        for answer in of_speaker:
            if id(answer) not in known:
                known[id(answer)] = groups.setdefault(answer, [])
            known[id(answer)].append(speaker)
    return sorted(groups.items(), key=lambda group: group[0].check)


def _limits(conversations: Iterable[Conversation]) -> tuple[int, int]:
    everything = [said for each in conversations for end in each.ends.values() for said in end.said]
    first = min((said.first_ns for said in everything), default=0)
    return first, max((said.last_ns for said in everything), default=first)


def _finding(found: Found, speaker: str, check: Check, before: int, begun_ns: int) -> model.Finding:
    """`before` conversations of other files are told already."""
    where = sorted(found.where, key=lambda span: span.frame)
    return model.Finding(
        check=check.requirement,
        level=check.level,
        conversation=before + found.conversation,
        speaker=speaker,
        expected=found.expected,
        seen=found.seen,
        where=[
            model.Where(
                frame=span.frame,
                last_frame=span.last_frame,
                packets=span.packets,
                time_us=(span.time_ns - begun_ns) // 1000,
            )
            for span in where[:WHERE]
        ],
        more=max(0, len(where) - WHERE),
    )


def _end(end: End, begun_ns: int) -> model.EndSeen:
    return model.EndSeen(
        address=end.address,
        discriminator=end.discriminator or 0,
        packets=end.count,
        first_us=(end.said[0].first_ns - begun_ns) // 1000,
        last_us=(end.said[-1].last_ns - begun_ns) // 1000,
        states=_states(end, begun_ns),
        rates=_rates(end),
        silences=_silences(end, begun_ns),
    )


def _states(end: End, begun_ns: int) -> list[model.StateChange]:
    changes = []
    for (state, diag), group in groupby(end.said, key=lambda said: (said.row.state, said.row.diag)):
        said = list(group)
        changes.append(
            model.StateChange(
                time_us=(said[0].first_ns - begun_ns) // 1000,
                last_us=(said[-1].last_ns - begun_ns) // 1000,
                frame=said[0].first_frame,
                state=STATE_NAMES[state],
                diag=diag,
            )
        )
    return changes


def _rates(end: End) -> list[model.Rate]:
    """Gaps by the interval that governed them, P and F left out: at these moments other rules hold."""
    by_interval: dict[tuple[int, int], list[Stretch]] = {}
    for said, stretch in end.stretches():
        if stretch.gaps is not None and not (said.row.poll or said.row.final):
            limit = 90 if said.row.detect_mult == 1 else 100
            by_interval.setdefault((stretch.interval_us, limit), []).append(stretch)
    return [
        model.Rate(
            interval_us=interval_us,
            least_percent=75,
            most_percent=limit,
            gaps=[sum(int(each.gaps[part]) for each in stretches if each.gaps is not None) for part in range(BINS)],
            shortest_us=min(each.shortest.ns for each in stretches if each.shortest) // 1000,
            longest_us=max(each.longest.ns for each in stretches if each.longest) // 1000,
        )
        for (interval_us, limit), stretches in by_interval.items()
    ]


def _silences(end: End, begun_ns: int) -> list[model.Silence]:
    """Each step to Down with Diag 1, and what the end had heard before."""
    silences = []
    for before, after in pairwise(end.said):
        if (after.row.state, after.row.diag) != (DOWN, _EXPIRED) or before.row.state not in (INIT, UP):
            continue
        heard = [
            (said.row, stretch)
            for peer in end.conversation.of(end.conversation.other(end.address))
            for said, stretch in peer.stretches()
            if said.row.your_discriminator == end.discriminator and stretch.last_ns <= after.first_ns
        ]
        if heard:
            row, last = max(heard, key=lambda each: each[1].last_ns)
            silences.append(
                model.Silence(
                    heard_us=(last.last_ns - begun_ns) // 1000,
                    detection_us=row.detect_mult * last.interval_us,
                    down_us=(after.first_ns - begun_ns) // 1000,
                    frame=after.first_frame,
                )
            )
    return silences


def _lines(conversation: Conversation, begun_ns: int, marked: set[int]) -> list[model.Line]:
    lines = []
    for end in conversation.ends.values():
        for said, stretch in end.stretches():
            lines.append(
                model.Line(
                    time_us=(stretch.first_ns - begun_ns) // 1000,
                    frame=stretch.first_frame,
                    side=conversation.addresses.index(end.address),
                    words=packet_words(said),
                    packets=stretch.count,
                    marked=not marked.isdisjoint((stretch.first_frame, stretch.last_frame)),
                )
            )
    return sorted(lines, key=lambda line: line.frame)


def _kept(lines: list[model.Line], most: int) -> list[model.Line]:
    """The beginning and whatever a finding rests on, in their order."""
    if len(lines) <= most:
        return lines
    marked = [line for line in lines if line.marked][: most // 2]
    rest = [line for line in lines if not line.marked][: most - len(marked)]
    return sorted([*marked, *rest], key=lambda line: line.frame)


def packet_words(said: Said) -> str:
    """For example "Up P, mult 3, tx 300 ms, rx 300 ms, 0x0000000a -> 0x0000000b"."""
    row = said.packet
    if not isinstance(row, Row):
        return f"no Control packet: {row.payload_length} bytes of payload"
    names = ("poll", "final", "control_plane_independent", "authentication_present", "demand", "multipoint")
    flags = "".join(sign for sign, name in zip("PFCADM", names, strict=True) if getattr(row, name))
    words = [
        " ".join(part for part in (STATE_NAMES[row.state], flags, f"diag {row.diag}" if row.diag else "") if part),
        f"mult {row.detect_mult}",
        f"tx {_ms(row.desired_min_tx_interval_us)}",
        f"rx {_ms(row.required_min_rx_interval_us)}",
    ]
    if row.required_min_echo_rx_interval_us:
        words.append(f"echo {_ms(row.required_min_echo_rx_interval_us)}")
    if row.version != 1:
        words.insert(0, f"version {row.version}")
    if row.auth_type is not None:
        words.append(f"auth type {row.auth_type}, key {row.auth_key_id}")
    return ", ".join([*words, f"{row.my_discriminator:#010x} → {row.your_discriminator:#010x}"])


def _ms(microseconds: int) -> str:
    return f"{microseconds / 1000:g} ms"


def _words(handshake: Handshake, begun_ns: int) -> str:
    one, other = handshake.sides
    ends = " and ".join(f"{side.address} ({side.discriminator:#010x})" for side in (one, other))
    if not handshake.complete:
        return f"{ends}: no whole three-way handshake"
    changes = {side.address: side for side in (one, other)}
    up_ns = max(
        change.time_ns for side in changes.values() for change in side.changes if change.frame in (one.up, other.up)
    )
    frames = ", ".join(
        f"{side.address} {'Init in frame ' + str(side.init) + ', ' if side.init else ''}Up in frame {side.up}"
        for side in (one, other)
    )
    return f"{ends}: three-way handshake complete after {(up_ns - begun_ns) / 1e9:.1f} s: {frames}"
