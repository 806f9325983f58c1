"""RFC 5882 section 9: whatever a far end offers, the session comes up and stays up."""

from typing import Any

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, cases
from conformance.bench.match import OneOf, control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, announce, fresh, pace_polls, stays_up
from refimpl.core.constants import State

PLAIN, OPTIONS = ["5882-9-r01"], ["5882-9-r02"]
DEMAND = {"demand": True}


@cases(
    Row("5882-9-01", PLAIN, {"what": "nothing but Asynchronous mode", "fields": {}, "once_up": {}}),
    Row(
        "5882-9-02",
        OPTIONS,
        {"what": "independence of its control plane", "fields": {"control_plane_independent": True}, "once_up": {}},
    ),
    Row(
        "5882-9-03",
        OPTIONS,
        {"what": "to loop back Echo packets", "fields": {"required_min_echo_rx_us": 50_000}, "once_up": {}},
    ),
    Row("5882-9-04", OPTIONS, {"what": "Demand mode", "fields": {}, "once_up": DEMAND}),
    Row(
        "5882-9-05",
        OPTIONS,
        {
            "what": "all of its options",
            "fields": {"control_plane_independent": True, "required_min_echo_rx_us": 50_000},
            "once_up": DEMAND,
        },
    ),
)
def test_a_far_end_that_offers(bench: Bench, what: str, fields: dict[str, Any], once_up: dict[str, Any]) -> None:
    """With a far end that offers {what}, the session comes up and stays up."""
    puppet = fresh(bench, puppet=bench.puppet(**fields))
    bench.send(puppet, state=State.DOWN)
    bench.expect(control(state=OneOf((State.INIT, State.UP))), within_us=SLOW_WAIT_US, puppet=puppet)
    puppet.state = State.UP
    sent = bench.send(puppet, poll=True)
    bench.start_keepalives(puppet)
    up = bench.expect(control(state=State.UP), within_us=SLOW_WAIT_US, after=sent, puppet=puppet)
    if once_up:  # only now may the D bit be set (5880-6.8.7)
        bench.wait(
            control(state=State.UP, poll=False, final=False),
            within_us=2 * SLOW_WAIT_US,
            after=up,
            what="the end of the target's own Poll Sequence",
            puppet=puppet,
        )
        announce(bench, puppet, **once_up)
    bench.elapse(2 * SLOW_US)  # longer than the Detection Time of 1.5 s
    stays_up(bench, puppet, up, because="the far end went on sending")
    pace_polls(bench, puppet)
    asked = bench.send(puppet, poll=True)
    sentinel = bench.wait(FINAL, within_us=PROMPT_US, after=asked, what="an answer to a Poll", puppet=puppet)
    stays_up(bench, puppet, asked, because=f"frame {sentinel.frame} answers a Poll of a session that is Up")
