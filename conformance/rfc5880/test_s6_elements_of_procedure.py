"""RFC 5880 section 6: implementations enforce what this section asks for, and nothing else."""

from collections.abc import Sequence

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.bench.scenario import establish, must_accept_each
from refimpl.wire import damage
from refimpl.wire.damage import Damage

FAST_US = 100_000
"""Polls may come as often as the target's Finals may: with a short interval the tables take little time."""

UNUSUAL = (
    damage.field(control_plane_independent=1),
    damage.field(required_min_echo_rx_interval=1),
    damage.field(required_min_echo_rx_interval=2**32 - 1),
    damage.field(detect_mult=255),
    damage.field(desired_min_tx_interval=300_001),
    damage.field(required_min_rx_interval=1),
)
"""Values that are rare, and that section 6 says nothing against."""

RESERVED_DIAGNOSTICS = tuple(damage.field(diag=value) for value in range(9, 32))


def longer(length: int, payload: int) -> Damage:
    """A packet without authentication whose Length field says more than 24, and lies within the payload."""
    change = damage.chain(damage.field(length=length), damage.pad(bytes(payload - 24)))
    return Damage(f"Length {length} in {payload} bytes", change.apply)


LONGER = tuple(longer(*each) for each in ((25, 25), (26, 26), (28, 60), (48, 48), (52, 52)))
LONGEST = tuple(longer(*each) for each in ((100, 100), (255, 255), (255, 400)))


@cases(
    Row("5880-6-01", ["5880-6-r01"], {"what": "values that are rare", "harmless": UNUSUAL}),
    Row("5880-6-02", ["5880-6-r01"], {"what": "each reserved diagnostic", "harmless": RESERVED_DIAGNOSTICS}),
    Row(
        "5880-6-03",
        ["5880-6-r01"],
        {"what": "Desired Min TX Interval zero", "harmless": (damage.field(desired_min_tx_interval=0),)},
    ),
    Row("5880-6-04", ["5880-6-r01"], {"what": "Length 25 to 52 and no A bit", "harmless": LONGER}),
    Row("5880-6-05", ["5880-6-r01"], {"what": "Length 100 to 255 and no A bit", "harmless": LONGEST}),
)
def test_unusual_packets_are_answered(bench: Bench, what: str, harmless: Sequence[Damage]) -> None:
    """Polls with {what} are answered: section 6 has no rule against them."""
    puppet = establish(bench, desired_min_tx_us=FAST_US)
    must_accept_each(bench, puppet, harmless)
