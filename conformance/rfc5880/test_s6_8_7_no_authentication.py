"""RFC 5880 section 6.8.7: no Authentication Section where no authentication is in use."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.packets import in_words
from conformance.bench.scenario import establish, poll
from refimpl.core.constants import MANDATORY_LENGTH


@case("5880-6.8.7-101", judges=["5880-6.8.7-r44"])
def test_no_section_without_authentication(bench: Bench) -> None:
    """On a session without authentication no packet has the A bit or an Authentication Section."""
    puppet = establish(bench)
    poll(bench, puppet)
    packets = [seen for seen in bench.from_target(bench.origin) if puppet.is_from_target(seen)]
    wrong = [seen for seen in packets if seen.packet.authentication_present or seen.packet.length > MANDATORY_LENGTH]
    bench.check(
        bool(packets) and not wrong,
        expected=f"A clear and Length {MANDATORY_LENGTH} in each of {len(packets)} packets",
        actual=f"frame {wrong[0].frame}: {in_words(wrong[0])}" if wrong else "no packet",
        frames=wrong,
    )
