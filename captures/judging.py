"""Every check for every speaker of a capture.

Lives here: who is judged by what. Must not live here: the rules (captures.checks), reading.
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address

from captures.checks import CHECKS
from captures.conversation import Conversation, End
from captures.findings import Check, Evidence, Outcome, View
from captures.fold import fold
from captures.rows import Row, Undecoded
from captures.rules import Rule, Sheet
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
    sheet = Sheet(together)
    evidence = [_evidence(check, together, sheet) for check in checks]
    outcomes: dict[str, list[Outcome]] = {}
    begin = 0
    for speaker, parts in speakers.items():
        end = begin + len(parts)
        outcomes[speaker] = [
            check.judge(list(zip(parts, found[begin:end], strict=True)))
            for check, found in zip(checks, evidence, strict=True)
            if undecided or any(each.examined or each.wrong for each in found[begin:end])
        ]
        begin = end
    return outcomes


def _evidence(check: Check, together: Sequence[View], sheet: Sheet) -> list[Evidence]:
    """What a check finds in each view."""
    if isinstance(check.examine, Rule):
        return sheet.evidence(check.examine)
    if check.about is None:
        return list(map(check.examine, together))
    about = f"about {check.about.__name__}"
    return [check.examine(view) if view.once(about, check.about) else _NOTHING for view in together]


_NOTHING = Evidence(0)


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
        for conversation in own:
            elsewhere = [other for other in own if other is not conversation]
            port = conversation.destination_port
            near = [stray for end in conversation.of(address) for stray in strays.get((port, end.discriminator), ())]
            found.setdefault(address, []).append(View(conversation, address, ends_ns, elsewhere, near))
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
