"""Sessions come Up and stay so: over IPv4 and IPv6, over one hop and several, with each type of authentication."""

from functools import partial
from types import MappingProxyType

from captures.findings import Ruling
from captures.judging import judge as check_capture
from interop.evidence import Evidence, first
from interop.judgement import Judgement, must_be_up, must_come_up, where
from interop.scenarios.scenario import Scenario
from interop.stage import Stage
from topologies.node import AuthSpec, Capability, Key

_WITHIN_NS = 10_000_000_000
_AFTERWARDS_S = 1.5
_MULTIHOP_PORT, _SINGLE_HOP_PORT = 4784, 3784


def come_up_and_stay(stage: Stage) -> None:
    """Add the session at both ends and look on for a while."""
    stage.establish()
    stage.let(_AFTERWARDS_S)
    stage.mark("end", "the end")


def judge_up(evidence: Evidence, judgement: Judgement, *, port: int = _SINGLE_HOP_PORT) -> None:
    """Both come Up in time, stay so, and use the right port; what the independent checks object to is noted."""
    begun = judgement.since("begin")
    both = must_come_up(judgement, begun, _WITHIN_NS)
    for side in (0, 1):
        must_be_up(judgement, side, both)
        stray = first(evidence.sent(side), lambda row: row.destination_port != port)
        if stray is not None:
            seen = f"{evidence.name(side)} sends to port {stray.row.destination_port} in {where(stray)}"
            judgement.fail(f"both send to UDP port {port}", seen, stray)
        _note_checks(evidence, judgement, side)


def _note_checks(evidence: Evidence, judgement: Judgement, side: int) -> None:
    """What one end does against the rules although the other one bears it: `bfdspec test` is where that is judged."""
    sent = [packet.row for packet in evidence.sent(side)]
    heard = [packet.row for packet in evidence.sent(1 - side)]
    if not sent:
        return
    outcomes = check_capture(sorted([*sent, *heard], key=lambda row: row.time_ns), sent[0].source)
    for outcome in outcomes:
        if outcome.ruling is Ruling.VIOLATED:
            judgement.note(f"beside this: {evidence.name(side)}: {outcome.clause}; seen: {outcome.findings[0].seen}")


def _judge_authenticated(evidence: Evidence, judgement: Judgement, *, kind: int) -> None:
    judge_up(evidence, judgement)
    for side in (0, 1):
        sent = evidence.sent(side)
        bare = first(sent, lambda row: row.auth_type != kind)
        if bare is not None:
            seen = f"{evidence.name(side)} sends Auth Type {bare.row.auth_type} in {where(bare)}"
            judgement.fail(f"every packet of both ends has Auth Type {kind}", seen, bare)
    judgement.note(f"all packets have Auth Type {kind}")


_KEY = Key(7, b"interoperable")


def _authenticated(letters: str, name: str, kind: int, capability: Capability) -> Scenario:
    wishes = MappingProxyType({"auth": AuthSpec(kind, (_KEY,), _KEY.id)})
    return Scenario(
        id=f"auth-{letters}",
        title=f"{name} authentication",
        expects=f"both ends come Up with Auth Type {kind} in every packet, and stay so",
        clause="RFC 5880 section 6.7",
        act=come_up_and_stay,
        judge=partial(_judge_authenticated, kind=kind),
        needs=(capability,),
        wishes=(wishes, wishes),
    )


SCENARIOS = (
    Scenario(
        id="ipv4",
        title="Establishment over IPv4",
        expects="both ends come Up within 10 s and stay so",
        clause="RFC 5880 section 6.2, RFC 5881",
        act=come_up_and_stay,
        judge=judge_up,
        needs=(Capability.IPV4,),
    ),
    Scenario(
        id="ipv6",
        title="Establishment over IPv6",
        expects="both ends come Up within 10 s and stay so",
        clause="RFC 5880 section 6.2, RFC 5881",
        act=come_up_and_stay,
        judge=judge_up,
        needs=(Capability.IPV6,),
        family=6,
    ),
    Scenario(
        id="multihop",
        title="Establishment over a router",
        expects="both ends come Up within 10 s, with packets to UDP port 4784, and stay so",
        clause="RFC 5883 section 5",
        act=come_up_and_stay,
        judge=partial(judge_up, port=_MULTIHOP_PORT),
        needs=(Capability.MULTI_HOP,),
        path="routed",
    ),
)

AUTHENTICATED = (
    _authenticated("simple", "Simple Password", 1, Capability.AUTH_SIMPLE_PASSWORD),
    _authenticated("md5", "Keyed MD5", 2, Capability.AUTH_KEYED_MD5),
    _authenticated("md5-meticulous", "Meticulous Keyed MD5", 3, Capability.AUTH_METICULOUS_KEYED_MD5),
    _authenticated("sha1", "Keyed SHA1", 4, Capability.AUTH_KEYED_SHA1),
    _authenticated("sha1-meticulous", "Meticulous Keyed SHA1", 5, Capability.AUTH_METICULOUS_KEYED_SHA1),
)
