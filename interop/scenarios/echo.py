"""The Echo function: an end sends Echo packets, the other one loops them back, and the session stays Up."""

from types import MappingProxyType

from captures.echoes import Echo
from interop.evidence import Evidence
from interop.judgement import Judgement, must_be_up
from interop.scenarios.scenario import Scenario
from interop.stage import Stage
from topologies.node import Capability

_WATCHED_S = 4.0
_BACK_NS = 500_000_000
_FEWEST, _SHARE = 5, 0.9


def _look_on(stage: Stage) -> None:
    stage.establish()
    stage.let(_WATCHED_S)
    stage.mark("end", "the end")


def _judge_echo(evidence: Evidence, judgement: Judgement) -> None:
    up, end = judgement.since("up"), judgement.since("end")
    name, other = evidence.name(0), evidence.name(1)
    for side in (0, 1):
        must_be_up(judgement, side, up, end)
    seen = evidence.echoes[0]
    sent = [echo for echo in seen if echo.outbound and up <= echo.time_ns < end - _BACK_NS]
    if len(sent) < _FEWEST:
        judgement.fail(f"{name} sends Echo packets", f"{len(sent)} of them in {(end - up) / 1e9:.0f} s")
    returned = _returned(sent, [echo for echo in seen if not echo.outbound])
    if returned < _SHARE * len(sent):
        judgement.fail(
            f"{other} loops the Echo packets of {name} back", f"{returned} of {len(sent)} arrive at {name} again"
        )
    judgement.note(f"{returned} of {len(sent)} Echo packets of {name} come back")


def _returned(sent: list[Echo], heard: list[Echo]) -> int:
    """How many came back; packets that read the same are told apart by their order."""
    waiting, returned = list(heard), 0
    for echo in sent:
        for other in waiting:
            if other.payload == echo.payload and 0 <= other.time_ns - echo.time_ns < _BACK_NS:
                waiting.remove(other)
                returned += 1
                break
    return returned


SCENARIOS = (
    Scenario(
        id="echo",
        title="Echo function",
        expects="the other end loops the Echo packets back, and the session stays Up",
        clause="RFC 5880 section 6.4, RFC 5881 section 4",
        act=_look_on,
        judge=_judge_echo,
        directed=True,
        acts_with=(Capability.ECHO_SEND,),
        meets_with=(Capability.ECHO_REFLECT,),
        wishes=(
            MappingProxyType({"desired_min_echo_tx_us": 100_000}),
            MappingProxyType({"required_min_echo_rx_us": 50_000}),
        ),
    ),
)
