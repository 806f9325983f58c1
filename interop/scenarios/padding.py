"""Padded packets: an end fills them up with zeros behind Length, and the other one does not mind."""

from types import MappingProxyType

from interop.evidence import Evidence, first
from interop.judgement import Judgement, where
from interop.scenarios.establishment import judge_up
from interop.scenarios.scenario import Scenario
from interop.stage import Stage
from topologies.node import Capability

_SIZE = 128
_WATCHED_S = 3.0
"""More than three Detection Times: who drops padded packets would have noticed."""


def _look_on(stage: Stage) -> None:
    stage.establish()
    stage.let(_WATCHED_S)
    stage.mark("end", "the end")


def _judge_padded(evidence: Evidence, judgement: Judgement) -> None:
    name, sent = evidence.name(0), evidence.sent(0)
    odd = first(sent, lambda row: row.payload_length != _SIZE)
    if odd is not None:
        judgement.unclear(f"{name} sends {odd.row.payload_length} bytes in {where(odd)}, though it was told to pad")
    judge_up(evidence, judgement)
    arrived = sum(packet.heard_ns is not None for packet in sent)
    judgement.note(f"{name} sends {len(sent)} packets of {_SIZE} bytes, and {arrived} of them arrive", *sent[:1])


SCENARIOS = (
    Scenario(
        id="padding",
        title="Padding to 128 bytes",
        expects="both ends come Up, and stay so, while one fills its packets up to 128 bytes of UDP payload",
        clause="RFC 9764 sections 3 and 4.1, RFC 5880 section 6.8.6",
        act=_look_on,
        judge=_judge_padded,
        directed=True,
        needs=(Capability.IPV4,),
        acts_with=(Capability.PADDING,),
        wishes=(MappingProxyType({"padded_pdu_size": _SIZE}), MappingProxyType({})),
    ),
)
