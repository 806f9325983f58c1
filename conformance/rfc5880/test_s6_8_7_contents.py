"""RFC 5880 section 6.8.7: what the fields of transmitted packets are set to."""

from conformance.bench.bench import Accept, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import control
from conformance.bench.packets import in_words
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh, shake_hands
from refimpl.core.constants import State
from topologies.node import Capability


@cases(
    Row("5880-6.8.7-11", ["5880-6.8.7-r23"], {"what": "version 1", "fields": {"version": 1}}),
    Row("5880-6.8.7-12", ["5880-6.8.7-r35"], {"what": "M clear", "fields": {"multipoint": False}}),
    Row("5880-6.8.7-13", ["5880-6.8.7-r32"], {"what": "A clear", "fields": {"authentication_present": False}}),
    Row("5880-6.8.7-14", ["5880-6.8.7-r37"], {"what": "Length 24", "fields": {"length": 24}}),
    Row("5880-6.8.7-15", ["5880-6.8.7-r19"], {"what": "D clear", "fields": {"demand": False}}),
)
def test_every_packet(bench: Bench, what: str, fields: dict[str, object]) -> None:
    """Every packet has {what}, from the first one to those after a failure."""
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    bench.elapse(puppet.detect_mult * 300_000 + SLOW_WAIT_US)
    packets, match = bench.from_target(bench.origin), control(**fields)
    wrong = [seen for seen in packets if not match(seen)]
    bench.check(
        bool(packets) and not wrong,
        expected=f"{match}, each of {len(packets)}",
        actual=f"frame {wrong[0].frame}: {in_words(wrong[0])}" if wrong else "no packet",
        frames=wrong,
    )


@case("5880-6.8.7-16", judges=["5880-6.8.7-r36", "5880-6.8.7-r40", "5880-6.8.7-r41"])
def test_configured_values_are_sent(bench: Bench) -> None:
    """Detect Mult, Desired Min TX and Required Min RX Interval are those of the session, not negotiated ones."""
    puppet = bench.puppet(required_min_rx_us=600_000, desired_min_tx_us=600_000)
    fresh(bench, puppet=puppet, desired_min_tx_us=200_000, required_min_rx_us=400_000, detect_mult=7)
    shake_hands(bench, puppet)
    # It may take the target a Poll Sequence to leave the slow rate.
    start = bench.mark()
    wanted: dict[str, dict[str, object]] = {
        "5880-6.8.7-r36": {"detect_mult": 7},
        "5880-6.8.7-r40": {"desired_min_tx_interval_us": 200_000},
        "5880-6.8.7-r41": {"required_min_rx_interval_us": 400_000},
    }
    for requirement, fields in wanted.items():
        bench.expect(
            control(state=State.UP, **fields),
            within_us=2 * SLOW_WAIT_US,
            after=start,
            requirement=requirement,
            puppet=puppet,
        )


@case("5880-6.8.7-17", judges=["5880-6.8.7-r36"], needs=[Capability.CHANGE_MULT])
def test_changed_detect_mult_is_sent(bench: Bench) -> None:
    """A changed Detect Mult is in the packets that follow (6.8.12)."""
    puppet = establish(bench, detect_mult=3)
    start = bench.command(bench.node.set_timers, bench.specs[0], detect_mult=9)
    bench.expect(control(state=State.UP, detect_mult=9), within_us=SLOW_WAIT_US, after=start, puppet=puppet)


@case("5880-6.8.7-18", judges=["5880-6.8.7-r38"])
def test_my_discriminator_is_the_sessions(bench: Bench) -> None:
    """My Discriminator is that by which the session is found, after a failure, too."""
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    bench.elapse(puppet.detect_mult * 300_000 + SLOW_WAIT_US)
    packets = bench.from_target(bench.origin)
    first, last = packets[0].packet.my_discriminator, packets[-1].packet.my_discriminator
    bench.send(puppet, state=State.DOWN, your_discriminator=last)
    bench.expect_one_of(
        Accept(control(state=State.INIT, my_discriminator=first)),
        Accept(control(state=State.INIT), alternative="another discriminator after a failure, which 6.3 permits"),
        within_us=SLOW_WAIT_US,
        puppet=puppet,
    )


@case("5880-6.8.7-19", judges=["5880-6.8.7-r29"])
def test_final_only_in_answers(bench: Bench) -> None:
    """Without a Poll from the far end, F is clear."""
    establish(bench)
    bench.expect_never(control(final=True), for_us=3 * SLOW_US, after=bench.mark(), because="nobody polls")


@case("5880-6.8.7-191", judges=["5880-6.8.7-r30"], needs=[Capability.CONTROL_PLANE_INDEPENDENT])
def test_independence_of_the_control_plane(bench: Bench) -> None:
    """C is set in each packet of a session whose operator declares it independent of the control plane."""
    puppet = establish(bench, control_plane_independent=True)
    bench.send(puppet, poll=True)
    bench.elapse(SLOW_US)
    bench.send(puppet, state=State.DOWN)
    bench.elapse(SLOW_US)
    packets = bench.from_target(bench.origin)
    clear = [seen for seen in packets if not seen.packet.control_plane_independent]
    bench.check(
        not clear,
        expected=f"each of {len(packets)} packets to have C set",
        actual=f"frame {clear[0].frame}: {in_words(clear[0])}" if clear else "",
        frames=clear,
    )
