"""Every check for every speaker of a capture.

Lives here: who is judged by what. Must not live here: the rules (captures.checks), reading.
"""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address

from captures.checks import CHECKS
from captures.conversation import Conversation
from captures.findings import Check, Outcome, View
from captures.fold import fold
from captures.rows import Row, Undecoded
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
    return outcomes(views(fold([from_packets(packets)])).get(address, []))


def outcomes(of_speaker: Sequence[View], checks: Sequence[Check] = CHECKS) -> list[Outcome]:
    """What the checks say of a speaker, or of its part in one conversation."""
    return [check.judge(of_speaker) for check in checks]


def views(conversations: Sequence[Conversation]) -> dict[str, list[View]]:
    """By speaker, its part in each conversation. Speakers are in order of appearance."""
    ends_ns = max(
        (said.last_ns for each in conversations for end in each.ends.values() for said in end.said), default=0
    )
    of_place: dict[tuple[str, str], list[Conversation]] = {}
    for conversation in conversations:
        for address in dict.fromkeys(end.address for end in conversation.ends.values()):
            of_place.setdefault((conversation.place, address), []).append(conversation)
    found: dict[str, list[View]] = {}
    for (_, address), own in of_place.items():
        for conversation in own:
            elsewhere = [other for other in own if other is not conversation]
            found.setdefault(address, []).append(View(conversation, address, ends_ns, elsewhere))
    return found
