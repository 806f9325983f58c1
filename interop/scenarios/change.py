"""Sessions whose ends differ or change: timers of their own, new timers while Up, a new start, and nothing at all."""

from types import MappingProxyType

from captures.handshake import DOWN, INIT
from interop.evidence import Evidence, first, milliseconds
from interop.judgement import Judgement, must_be_up, must_come_up, must_fall, must_keep_rate, where
from interop.scenarios.failure import cut_and_restore, judge_cut
from interop.scenarios.scenario import Scenario
from interop.stage import Stage
from topologies.node import Capability

_WATCHED_S = 4.0
_ANSWERED_NS = 1_000_000_000
_BACK_NS = 15_000_000_000

_DESIRED_US, _REQUIRED_US = 450_000, 500_000
"""What an end asks for that had 300 ms for both."""


def _look_on(stage: Stage) -> None:
    stage.establish()
    stage.let(_WATCHED_S)
    stage.mark("end", "the end")


def _judge_rates(evidence: Evidence, judgement: Judgement) -> None:
    up, end = judgement.since("up"), judgement.since("end")
    for side in (0, 1):
        must_be_up(judgement, side, up, end)
        must_keep_rate(judgement, side, up, end)


def _change_timers(stage: Stage) -> None:
    stage.establish()
    words = f"{milliseconds(_DESIRED_US * 1e3)} Desired Min TX and {milliseconds(_REQUIRED_US * 1e3)} Required Min RX"
    stage.mark("changed", f"{stage.ends[0].name} is told of new intervals, {words}")
    stage.node(0).set_timers(stage.spec(0), desired_min_tx_us=_DESIRED_US, required_min_rx_us=_REQUIRED_US)
    stage.let(_WATCHED_S + 1.5)
    stage.mark("end", "the end")


def _judge_changed(evidence: Evidence, judgement: Judgement) -> None:
    changed, end = judgement.since("changed"), judgement.since("end")
    name, other = evidence.name(0), evidence.name(1)
    for side in (0, 1):
        must_be_up(judgement, side, changed, end)
    poll = first(
        evidence.sent(0, changed, end),
        lambda row: (
            row.poll
            and (row.desired_min_tx_interval_us, row.required_min_rx_interval_us) == (_DESIRED_US, _REQUIRED_US)
        ),
    )
    if poll is None:
        announced = evidence.sent(0, changed, end)
        judgement.fail(f"{name} announces both new intervals with a Poll", "it does not", *announced[-1:])
    final = first(evidence.heard(0, poll.sent_ns), lambda row: row.final)
    if final is None or final.sent_ns > poll.sent_ns + _ANSWERED_NS:
        seen = "no Final" if final is None else f"the Final comes {milliseconds(final.sent_ns - poll.sent_ns)} later"
        judgement.fail(f"{other} answers the Poll in {where(poll)} with a Final", seen, poll)
    judgement.note(f"Poll in {where(poll)}, Final in {where(final)}", poll, final)
    for side in (0, 1):
        must_keep_rate(judgement, side, final.sent_ns + _ANSWERED_NS, end)


def _restart(stage: Stage) -> None:
    stage.establish()
    stage.mark("restarted", f"{stage.ends[0].name} is ended without a word, and started again")
    stage.restart(0)
    stage.add(0)
    stage.mark("added", f"{stage.ends[0].name} has its session again")
    stage.come_up()


def _judge_restarted(evidence: Evidence, judgement: Judgement) -> None:
    restarted, added = judgement.since("restarted"), judgement.since("added")
    # Init, where a second Down came in before the first was told.
    fell = must_fall(judgement, 1, restarted, (DOWN, INIT))
    judgement.note(f"{evidence.name(1)} leaves Up in {where(fell)}, with diagnostic {fell.row.diag}", fell)
    must_come_up(judgement, added, _BACK_NS, at_once=False)
    last = [evidence.sent(side)[-1] for side in (0, 1)]
    for side in (0, 1):
        own, far = last[side].row, last[1 - side].row
        if own.your_discriminator != far.my_discriminator:
            expected = f"{evidence.name(side)} sends the discriminator of the new session, {far.my_discriminator:#010x}"
            judgement.fail(expected, f"{own.your_discriminator:#010x} in {where(last[side])}", *last)
    before = evidence.sent(0, until_ns=restarted)[-1]
    old, new = before.row.my_discriminator, last[0].row.my_discriminator
    if old == new:
        expected = f"{evidence.name(0)} draws its discriminator at random (RFC 5880 section 6.8.1 recommends it)"
        judgement.warn(expected, f"the same one before and after, {old:#010x}", before, last[0])
    else:
        judgement.note(f"a new discriminator: {old:#010x}, then {new:#010x}")


def _calm(stage: Stage) -> None:
    stage.establish()
    stage.let(stage.calm_s)
    stage.mark("end", "the end")


def _judge_calm(evidence: Evidence, judgement: Judgement) -> None:
    _judge_rates(evidence, judgement)
    up, end = judgement.since("up"), judgement.since("end")
    judgement.note(f"no flap in {(end - up) / 1e9:.0f} s")


SCENARIOS = (
    Scenario(
        id="asymmetric",
        title="Timers of each end's own",
        expects="each end sends at the greater of its own Desired Min TX and the other's Required Min RX Interval",
        clause="RFC 5880 section 6.8.7",
        act=_look_on,
        judge=_judge_rates,
        wishes=(
            MappingProxyType({"desired_min_tx_us": 200_000, "required_min_rx_us": 450_000, "detect_mult": 3}),
            MappingProxyType({"desired_min_tx_us": 300_000, "required_min_rx_us": 250_000, "detect_mult": 5}),
        ),
    ),
    Scenario(
        id="detection",
        title="Detection Times that differ",
        expects="after a cut each end goes Down when its own Detection Time is over, not before and not later",
        clause="RFC 5880 section 6.8.4",
        act=cut_and_restore,
        judge=judge_cut,
        wishes=(
            MappingProxyType({"desired_min_tx_us": 150_000, "required_min_rx_us": 300_000, "detect_mult": 4}),
            MappingProxyType({"desired_min_tx_us": 300_000, "required_min_rx_us": 250_000, "detect_mult": 5}),
        ),
    ),
    Scenario(
        id="timer-change",
        title="New intervals while Up",
        expects="a Poll Sequence announces them, both ends then send at the new rates, and the session does not flap",
        clause="RFC 5880 sections 6.5 and 6.8.3",
        act=_change_timers,
        judge=_judge_changed,
        directed=True,
        acts_with=(Capability.CHANGE_TX, Capability.CHANGE_RX),
    ),
    Scenario(
        id="restart",
        title="Restart of an end",
        expects="the other end goes Down, and both come Up again with the discriminators of the new session",
        clause="RFC 5880 sections 6.3 and 6.8.6, RFC 5881 section 3",
        act=_restart,
        judge=_judge_restarted,
        directed=True,
    ),
)

CALM = Scenario(
    id="calm",
    title="Nothing happens",
    expects="both ends stay Up and send at their rates",
    clause="RFC 5880 sections 6.8.4 and 6.8.7",
    act=_calm,
    judge=_judge_calm,
)
