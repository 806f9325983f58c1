"""Every check for every speaker of a capture.

Lives here: who is judged by what. Must not live here: the rules (captures.checks), reading.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from ipaddress import ip_address
from itertools import accumulate

from captures.checks import CHECKS
from captures.conversation import Conversation, End
from captures.findings import NOTHING, Check, Evidence, Outcome, System, View
from captures.fold import fold
from captures.rows import Row, Undecoded
from captures.sheet import Sheet, Together
from captures.table import from_packets


def judge(rows: Iterable[Row], speaker: str, undecoded: Iterable[Undecoded] = ()) -> list[Outcome]:
    """Run every check for the party with the address `speaker`, in the order of `CHECKS`.

    `undecoded` are the packets that a reader could not read as rows: some are too short for any Length. Raises
    ValueError when `speaker` is no IP address.
    """
    address = str(ip_address(speaker.partition("%")[0]))
    unread = list(undecoded)
    packets: list[Row | Undecoded] = [*rows, *unread]
    if unread:
        packets.sort(key=lambda packet: packet.frame)
    parts = views(fold([from_packets(packets)])).get(address, [])
    return judge_all({address: parts})[address]


def judge_all(
    speakers: Mapping[str, Sequence[View]], checks: Sequence[Check] = CHECKS, *, undecided: bool = True
) -> dict[str, list[Outcome]]:
    """What the checks say of each speaker, in their order. Without `undecided`, what decides nothing is left out."""
    together = [view for parts in speakers.values() for view in parts]
    ends = list(accumulate(map(len, speakers.values())))
    sheet = Sheet(together)
    columns = [_column(check, _evidence(check, together, sheet), together, ends, undecided) for check in checks]
    lines = zip(*columns, strict=True) if columns else [() for _ in speakers]
    return {
        speaker: [outcome for outcome in line if outcome is not None]
        for speaker, line in zip(speakers, lines, strict=True)
    }


def _evidence(check: Check, together: Sequence[View], sheet: Sheet) -> list[Evidence]:
    """What a check finds in each view."""
    if isinstance(check.examine, Together):
        return check.examine.together(sheet)
    if check.about is None:
        return list(map(check.examine, together))
    concerned = sheet.once(f"about {check.about.__name__}", partial(_concerned, about=check.about))
    return [check.examine(view) if each else NOTHING for view, each in zip(together, concerned, strict=True)]


def _concerned(sheet: Sheet, *, about: Callable[[View], bool]) -> list[bool]:
    return list(map(about, sheet.views))


def _column(
    check: Check, found: Sequence[Evidence], together: Sequence[View], ends: Sequence[int], undecided: bool
) -> list[Outcome | None]:
    """What a check says of each speaker, None where that decides nothing and is not wanted; the views of each end at
    `ends`. Nearly all speakers of a large capture give the same few answers."""
    if not undecided and all(each is NOTHING for each in found):
        return [None] * len(ends)
    plain: dict[int, Outcome] = {}
    column: list[Outcome | None] = []
    begin = 0
    for end in ends:
        examined, telling, wrong = 0, False, False
        for each in found[begin:end]:
            examined += each.examined
            wrong = wrong or bool(each.wrong)
            telling = telling or wrong or bool(each.undecided or each.notes)
        outcome = None if telling else plain.get(examined)
        if outcome is None and (undecided or examined or wrong):
            outcome = check.judge(list(zip(together[begin:end], found[begin:end], strict=True)))
            if not telling:
                plain[examined] = outcome
        column.append(outcome)
        begin = end
    return column


def views(conversations: Sequence[Conversation]) -> dict[str, list[View]]:
    """By speaker, its part in each conversation. Speakers are in order of appearance."""
    ends_ns = max(
        (said.last_ns for each in conversations for end in each.ends.values() for said in end.said), default=0
    )
    of_place: dict[tuple[str, str], list[Conversation]] = {}
    with_place: dict[tuple[str, str], list[Conversation]] = {}
    for conversation in conversations:
        for address in dict.fromkeys(end.address for end in conversation.ends.values()):
            of_place.setdefault((conversation.place, address), []).append(conversation)
        for address in dict.fromkeys(conversation.addresses):
            with_place.setdefault((conversation.place, address), []).append(conversation)
    found: dict[str, list[View]] = {}
    for (place, address), own in of_place.items():
        strays = _strays(address, with_place[place, address])
        system = System(address, own)
        for conversation in own:
            port = conversation.destination_port
            near = [stray for end in conversation.of(address) for stray in strays.get((port, end.discriminator), ())]
            found.setdefault(address, []).append(View(conversation, system, ends_ns, near))
    return found


def _strays(address: str, conversations: Sequence[Conversation]) -> dict[tuple[int, int | None], list[End]]:
    """By port and discriminator of the speaker's, whoever names it from an address to which the speaker does not send
    with it: a peer may send from several addresses (RFC 5880 section 6.3)."""
    found: dict[tuple[int, int | None], list[End]] = {}
    for conversation in conversations if len(conversations) > 1 else ():
        for end in conversation.of(conversation.other(address)):
            for discriminator in {said.row.your_discriminator for said in end.said}:
                if discriminator and (address, discriminator) not in conversation.ends:
                    found.setdefault((conversation.destination_port, discriminator), []).append(end)
    return found
