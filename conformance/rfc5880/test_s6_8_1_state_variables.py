"""RFC 5880 section 6.8.1: initial values, and what is forgotten after a Detection Time."""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.detection import last_sent
from conformance.bench.match import Between, Not, control
from conformance.bench.packets import in_words
from conformance.bench.puppet import SLOW_US
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh
from refimpl.core.constants import State


@cases(
    Row("5880-6.8.1-01", ["5880-6.8.1-r06"], {"what": "state Down", "fields": {"state": State.DOWN}}),
    Row("5880-6.8.1-02", ["5880-6.8.1-r11"], {"what": "Your Discriminator 0", "fields": {"your_discriminator": 0}}),
    Row("5880-6.8.1-03", ["5880-6.8.1-r14"], {"what": "diagnostic 0", "fields": {"diag": 0}}),
    Row(
        "5880-6.8.1-04",
        ["5880-6.8.1-r15"],
        {
            "what": "Desired Min TX Interval of a second or more",
            "fields": {"desired_min_tx_interval_us": Between(least=SLOW_US)},
        },
    ),
    Row(
        "5880-6.8.1-05",
        ["5880-6.8.1-r08"],
        {"what": "nonzero My Discriminator", "fields": {"my_discriminator": Not(0)}},
    ),
    Row("5880-6.8.1-06", ["5880-6.8.1-r18"], {"what": "nonzero Detect Mult", "fields": {"detect_mult": Not(0)}}),
)
def test_first_packet(bench: Bench, what: str, fields: dict[str, object]) -> None:
    """The first packet of a new session has {what}."""
    puppet = bench.puppet()
    bench.add_session(puppet)
    first = bench.wait(control(), within_us=SLOW_WAIT_US, what="a new session", puppet=puppet)
    bench.check(
        control(**fields)(first),
        expected=f"{control(**fields)} as the first one",
        actual=f"frame {first.frame}: {in_words(first)}",
        frames=[first],
    )


@case("5880-6.8.1-07", judges=["5880-6.8.1-r16"])
def test_own_rate_until_the_far_end_speaks(bench: Bench) -> None:
    """Before anything was received, the target's own Desired Min TX Interval sets its rate."""
    puppet = fresh(bench, new=True)
    intervals = collect_intervals(bench, puppet, 3, slowest_us=SLOW_US)
    announced = intervals[0].first.packet.desired_min_tx_interval_us
    judge_rate(bench, intervals, Rate(announced, too_slow="5880-6.8.1-r16"))


@cases(
    Row("5880-6.8.1-08", ["5880-6.8.1-r10"], {"value": 0xFFFFFFFF}),
    Row("5880-6.8.1-09", ["5880-6.8.1-r10"], {"value": 1}),
)
def test_discriminator_is_opaque(bench: Bench, value: int) -> None:
    """My Discriminator {value} of the far end is accepted and reflected."""
    puppet = bench.puppet(my_discriminator=value)
    fresh(bench, puppet=puppet)
    sent = bench.send(puppet, poll=True)
    bench.expect(control(your_discriminator=value), within_us=SLOW_WAIT_US, after=sent, puppet=puppet)


@case("5880-6.8.1-10", judges=["5880-6.8.1-r12"], seconds=10)
def test_remote_discriminator_is_forgotten(bench: Bench) -> None:
    """After a Detection Time of silence Your Discriminator is zero."""
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    start, detection_us = last_sent(bench, puppet), puppet.detect_mult * 300_000
    bench.until(start.time_us + detection_us + 2 * SLOW_WAIT_US)
    tolerance = bench.tolerance_for(detection_us)
    after = [seen for seen in bench.from_target(start) if seen.time_us > start.time_us + detection_us + tolerance]
    kept = [seen for seen in after if seen.packet.your_discriminator != 0]
    bench.check(
        bool(after) and not kept,
        expected=f"Your Discriminator 0 once the Detection Time has passed since frame {start.frame}",
        actual=f"frame {kept[0].frame}: {in_words(kept[0])}" if kept else "no packet",
        frames=[start, *kept],
    )


@case("5880-6.8.1-11", judges=["5880-6.8.1-r03"], seconds=8)
def test_state_is_kept_for_a_detection_time(bench: Bench) -> None:
    """Before a Detection Time has passed, the far end's discriminator is not forgotten, though the session is Down."""
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    # Detect Mult 5 and a second: the target has to remember this for five seconds.
    down = bench.send(puppet, state=State.ADMIN_DOWN, desired_min_tx_interval_us=SLOW_US)
    detection_us = puppet.detect_mult * SLOW_US
    bench.until(down.time_us + detection_us)
    before = bench.from_target(down, before_us=down.time_us + detection_us - bench.tolerance_for(detection_us))
    forgot = [seen for seen in before if seen.packet.your_discriminator != puppet.my_discriminator]
    bench.check(
        bool(before) and not forgot,
        expected=f"Your Discriminator {puppet.my_discriminator:#010x} for 5 s after frame {down.frame}",
        actual=f"frame {forgot[0].frame}: {in_words(forgot[0])}" if forgot else "no packet",
        frames=[down, *forgot],
    )
