"""Whatever a capture holds, the checks come to an end and say something about each speaker."""

from hypothesis import given
from hypothesis import strategies as st

from captures.checks import CHECKS
from captures.findings import Ruling
from captures.fold import fold
from captures.judging import judge_all, views
from captures.rows import Digest, Padding, Row, Undecoded
from captures.table import from_packets

ADDRESSES = (("192.0.2.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.1"), ("192.0.2.1", "224.0.0.1"), ("::1", "::1"))
SMALL = st.sampled_from((0, 1, 2))
INTERVAL = st.sampled_from((0, 1, 300_000, 1_000_000, 2**32 - 1))
BIT = st.sampled_from((False, False, False, True))


@st.composite
def captures(draw: st.DrawFn) -> list[Row | Undecoded]:
    """A few speakers that say anything at any time, and often the same again."""
    packets: list[Row | Undecoded] = []
    now = 10**18
    for frame in range(1, draw(st.integers(1, 40)) + 1):
        now += draw(st.sampled_from((-1, 0, 10**6, 3 * 10**8, 10**9, 2 * 10**10)))
        source, destination = draw(st.sampled_from(ADDRESSES))
        port = draw(st.sampled_from((3784, 3784, 3784, 4784, 7784)))
        version = 6 if ":" in source else 4
        envelope = (frame, now, source, destination, draw(st.sampled_from((255, 1))), 49152, port, version, 32)
        if draw(st.integers(0, 15)) == 0:
            packets.append(Undecoded(*envelope))
            continue
        before = [each for each in packets if isinstance(each, Row)]
        if before and draw(st.booleans()):
            again = draw(st.sampled_from(before))
            values = {name: getattr(again, name) for name in Row.__dataclass_fields__}
            packets.append(Row(**values | {"frame": frame, "time_ns": now}))
            continue
        kind = draw(st.none() | st.sampled_from((0, 1, 2, 3, 4, 5)))
        packets.append(
            Row(
                *envelope,
                version=draw(st.sampled_from((1, 1, 1, 0))),
                diag=draw(st.sampled_from((0, 1, 3, 7, 31))),
                state=draw(st.integers(0, 3)),
                poll=draw(BIT),
                final=draw(BIT),
                control_plane_independent=draw(BIT),
                authentication_present=kind is not None,
                demand=draw(BIT),
                multipoint=draw(BIT),
                detect_mult=draw(st.sampled_from((0, 1, 3, 255))),
                length=draw(st.sampled_from((24, 24, 26, 200))),
                my_discriminator=draw(SMALL),
                your_discriminator=draw(SMALL),
                desired_min_tx_interval_us=draw(INTERVAL),
                required_min_rx_interval_us=draw(INTERVAL),
                required_min_echo_rx_interval_us=draw(INTERVAL),
                auth_type=kind,
                auth_length=kind and draw(st.sampled_from((0, 24, 28))),
                auth_key_id=kind and draw(SMALL),
                auth_sequence=kind and draw(st.sampled_from((0, 1, 2, 2**32 - 1))),
                malformed=draw(BIT),
                padding=draw(st.sampled_from(Padding)),
                digest=draw(st.sampled_from(Digest)),
            )
        )
    return packets


@given(captures())
def test_nothing_that_is_captured_ends_a_check(packets: list[Row | Undecoded]) -> None:
    judged = judge_all(views(fold([from_packets(packets)])))
    assert set(judged) == {packet.source for packet in packets}
    for outcomes in judged.values():
        assert [outcome.check for outcome in outcomes] == [check.requirement for check in CHECKS]
        for outcome in outcomes:
            assert (outcome.ruling is Ruling.VIOLATED) == bool(outcome.findings)
            assert outcome.examined or outcome.ruling is not Ruling.CONFIRMED
            assert all(finding.where and finding.expected and finding.seen for finding in outcome.findings)
