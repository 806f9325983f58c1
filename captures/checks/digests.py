"""Rules about passwords, digests and hashes, where keys were given (RFC 5880 sections 6.7.2 to 6.7.4).

One that disagrees is not yet the speaker's error: the key may be another one than whoever captured believes, and it may
have been changed meanwhile, under its old ID and back. So a speaker is accused of a packet only where others of the
same session agree with a key of the same ID, `LAG_NS` to `NEAR_NS` before and after it: nobody changes a key and
changes it back so soon, and no packet of before the change is so late. What was damaged on its way, a reader tells.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import partial
from operator import attrgetter

from captures import traits
from captures.checks.contents import MD5_TYPES, SHA1_TYPES, SIMPLE_PASSWORD
from captures.conversation import End, Said, Stretch
from captures.findings import Check, Evidence, Span, View, Wrong, in_frames, span
from captures.handshake import LAG_NS
from captures.rows import Digest

NEAR_NS = 3_000_000_000
"""How long before and after a packet others have to agree with a key for it to be judged by that, nanoseconds."""

_ITSELF = "the key itself"
_DOUBTS = {
    Digest.NO_KEY: "no key of this ID and type was given",
    Digest.DOUBTFUL: "not what the keys give, and no UDP checksum shows that the packets are as they were sent",
}


def _agrees(view: View, *, types: Sequence[int], what: str) -> Evidence:
    """Every packet has what its key gives."""
    parts = [
        _with_key(said, f"{what} with Key ID {key_id}")
        for end in view.ends
        for key_id, said in _by_key(end, types).items()
    ]
    wrong = [each for part in parts for each in part.wrong]
    undecided = [each for part in parts for each in part.undecided]
    return Evidence(sum(part.examined for part in parts), wrong, undecided)


def _with_key(said: Sequence[Said], what: str) -> Evidence:
    """The same of the packets of one session with one Key ID, in their order."""
    right = _stretches(said, Digest.RIGHT)
    amid: list[Stretch] = []
    alone: list[Stretch] = []
    for stretch in _stretches(said, Digest.WRONG):
        (amid if _amid(stretch, right) else alone).append(stretch)
    wrong = [Wrong(span(each), f"{what}, as in packets before and after", "another one") for each in amid]
    wrong += [Wrong(span(each), what, _ITSELF) for each in _stretches(said, Digest.KEY)]
    another = "for a time, or for good, another key" if right else "another key"
    doubts = [
        (alone, f"not what the keys give: {another}, or another way to use it"),
        *((_stretches(said, digest), words) for digest, words in _DOUBTS.items()),
    ]
    undecided = [f"{what} in {_places(where, said)}: {words}" for where, words in doubts if where]
    return Evidence(sum(each.count for each in right) + sum(each.where.packets for each in wrong), wrong, undecided)


def _by_key(end: End, types: Sequence[int]) -> dict[int | None, list[Said]]:
    """What an end said with authentication of some types, by Key ID."""
    found: dict[int | None, list[Said]] = {}
    for said in end.said:
        if _authenticated(said, types):
            found.setdefault(said.row.auth_key_id, []).append(said)
    return found


def _authenticated(said: Said, types: Sequence[int]) -> bool:
    """Another version may have another layout."""
    return said.row.version == 1 and said.row.auth_type in types


def _stretches(said: Sequence[Said], digest: Digest) -> list[Stretch]:
    found = [stretch for each in said if each.row.digest is digest for stretch in each.stretches]
    return sorted(found, key=attrgetter("first_ns"))


def _amid(stretch: Stretch, right: Sequence[Stretch]) -> bool:
    """Whether others are right both before and after it, near enough and far enough away. They are in order, and none
    of them overlaps the next."""
    before = stretch.last_ns - NEAR_NS, stretch.first_ns - LAG_NS
    after = stretch.last_ns + LAG_NS, stretch.first_ns + NEAR_NS
    for begin_ns, end_ns in (before, after):
        at = bisect_right(right, end_ns, key=attrgetter("first_ns"))
        if not at or right[at - 1].last_ns < begin_ns:
            return False
    return True


def _places(where: Sequence[Stretch], said: Sequence[Said]) -> str:
    """As one, if that is all that was said."""
    count = sum(each.count for each in where)
    if count == sum(each.count for each in said):
        return str(Span(where[0].first_frame, where[-1].last_frame, count, where[0].first_ns))
    return in_frames([span(each) for each in where])


def _hidden(view: View, *, types: Sequence[int]) -> Evidence:
    """No packet has the key where its digest belongs. One that has neither may have a key that was not given."""
    told = [said for said in view.sent if _authenticated(said, types)]
    bare = [said for said in told if said.row.digest is Digest.KEY]
    examined = sum(said.count for said in told if said.row.digest in (Digest.RIGHT, Digest.KEY))
    return Evidence(examined, [Wrong(span(said), "a digest, made with the key", _ITSELF) for said in bare])


def _check(requirement: str, wants: str, name: str, examine: partial[Evidence]) -> Check:
    section = requirement.split("-")[1]
    return Check(
        requirement=requirement,
        clause=f"RFC 5880 section {section}: {wants}",
        level="MUST",
        examine=examine,
        absent=f"no keys were given (--auth-keys), or the capture shows no whole packet of the speaker with {name}",
        about=traits.authentication,
    )


CHECKS: tuple[Check, ...] = (
    _check(
        "5880-6.7.2-r02",
        "each packet carries the password that is selected for the session",
        "a Simple Password",
        partial(_agrees, types=(SIMPLE_PASSWORD,), what="the password"),
    ),
    _check(
        "5880-6.7.3-r13",
        "the packet carries the MD5 digest that is calculated over it with the key",
        "Keyed MD5",
        partial(_agrees, types=MD5_TYPES, what="the digest"),
    ),
    _check(
        "5880-6.7.3-r14",
        "with Keyed MD5, the key itself is not in the packet",
        "Keyed MD5",
        partial(_hidden, types=MD5_TYPES),
    ),
    _check(
        "5880-6.7.4-r13",
        "the packet carries the SHA1 hash that is calculated over it with the key",
        "Keyed SHA1",
        partial(_agrees, types=SHA1_TYPES, what="the hash"),
    ),
    _check(
        "5880-6.7.4-r14",
        "with Keyed SHA1, the key itself is not in the packet",
        "Keyed SHA1",
        partial(_hidden, types=SHA1_TYPES),
    ),
)
