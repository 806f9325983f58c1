"""RFC 5880 section 4.1, the Authentication Section in general, and 6.8.7 about when it is there."""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.bench.packets import Seen, in_words
from conformance.bench.scenario import establish, poll
from conformance.rfc5880.authentication import (
    MD5,
    METICULOUS_MD5,
    METICULOUS_SHA1,
    PASSWORD,
    SHA1,
    Kind,
    authenticated,
)
from refimpl.core.constants import MANDATORY_LENGTH, AuthType

JUDGES = (
    "5880-6.8.7-r31",
    "5880-4.1-r07",
    "5880-6.8.7-r43",
    "5880-4.1-r03",
    "5880-4.1-r14",
    "5880-4.1-r13",
    "5880-4.1-r15",
)


@cases(
    Row("5880-4.1-101", JUDGES, {"kind": PASSWORD}, [PASSWORD.need]),
    Row("5880-4.1-102", JUDGES, {"kind": MD5}, [MD5.need]),
    Row("5880-4.1-103", JUDGES, {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
    Row("5880-4.1-104", JUDGES, {"kind": SHA1}, [SHA1.need]),
    Row("5880-4.1-105", JUDGES, {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_section_is_there(bench: Bench, kind: Kind) -> None:
    """On a session with {kind} every packet has the A bit and an Authentication Section that fits it."""
    puppet = establish(bench, auth=kind.spec())
    poll(bench, puppet)
    bench.elapse(500_000)
    packets = authenticated(bench, puppet)
    number = int(kind.scheme.auth_type)

    def judge(requirement: str, expected: str, wrong: list[Seen]) -> None:
        bench.check(
            bool(packets) and not wrong,
            expected=f"{expected} in each of {len(packets)} packets",
            actual=_shown(wrong[0]) if wrong else "no packet",
            frames=wrong,
            requirement=requirement,
        )

    judge("5880-6.8.7-r31", "the A bit", [s for s in packets if not s.packet.authentication_present])
    sections = [(seen, _section(seen)) for seen in packets]
    judge("5880-4.1-r07", "a section within Length", [seen for seen, section in sections if len(section) < 2])
    judge("5880-6.8.7-r43", "more than its header", [seen for seen, section in sections if len(section) == 2])
    judge(
        "5880-4.1-r03",
        "Auth Type and Auth Len behind the Mandatory Section",
        [seen for seen, section in sections if _is_displaced(section, number)],
    )
    assigned = {int(kind) for kind in AuthType}
    judge("5880-4.1-r14", "an assigned Auth Type", [seen for seen, section in sections if section[0] not in assigned])
    judge("5880-4.1-r13", f"Auth Type {number}", [seen for seen, section in sections if section[0] != number])
    judge(
        "5880-4.1-r15",
        f"the byte count from {MANDATORY_LENGTH} to Length in Auth Len",
        [seen for seen, section in sections if section[1] != len(section)],
    )


def _section(seen: Seen) -> bytes:
    """What there is between the Mandatory Section and Length."""
    return seen.datagram.payload[MANDATORY_LENGTH : seen.packet.length]


def _is_displaced(section: bytes, auth_type: int) -> bool:
    """Are Auth Type and Auth Len there, but a few bytes late or in each other's place?"""
    late = any(section[at] == auth_type and section[at + 1] == len(section) - at for at in range(1, len(section) - 2))
    swapped = section[:2] == bytes([len(section), auth_type])
    return (late or swapped) and section[:2] != bytes([auth_type, len(section)])


def _shown(seen: Seen) -> str:
    section = _section(seen)
    header = f"Auth Type {section[0]} and Auth Len {section[1]} in" if len(section) >= 2 else "a section of"
    return f"frame {seen.frame}: {header} {len(section)} bytes ({in_words(seen)})"
