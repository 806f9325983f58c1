"""RFC 5880 section 6.8.6: the first three discard rules as tables: version, and Length against the payload.

Without the A bit a packet is discarded when its Length is below 24 or beyond the payload, and never else.
"""

from collections.abc import Sequence

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.bench.scenario import establish, must_accept_each, must_discard_each
from refimpl.core.constants import MANDATORY_LENGTH, VERSION
from refimpl.wire import damage
from refimpl.wire.damage import Damage

FAST_US = 100_000
LENGTHS = range(256)
"""All values of the field."""

PADDING = (1, 2, 4, 8, 9, 20, 26, 36, 76, 231, 232, 1000, 1400)
"""Bytes behind a packet: whole words and odd counts, what looks like an Authentication Section, a full frame."""


def sized(length: int, payload: int) -> Damage:
    """A packet with this Length field in a payload of so many bytes."""
    fit = damage.keep(payload) if payload <= MANDATORY_LENGTH else damage.pad(bytes(payload - MANDATORY_LENGTH))
    change = damage.chain(damage.field(length=length), fit)
    return Damage(f"Length {length} in {payload} bytes", change.apply)


OTHER_VERSIONS = tuple(damage.field(version=version) for version in range(8) if version != VERSION)
TOO_SMALL = tuple(sized(length, payload) for payload in (24, 60, 255) for length in range(MANDATORY_LENGTH))
BEYOND = tuple(sized(length, MANDATORY_LENGTH) for length in LENGTHS if length > MANDATORY_LENGTH)
ONE_SHORT = tuple(sized(length, length - 1) for length in LENGTHS if length > MANDATORY_LENGTH)
CUT = tuple(sized(MANDATORY_LENGTH, payload) for payload in range(MANDATORY_LENGTH))
CUT_AND_TRUE = tuple(sized(payload, payload) for payload in range(4, MANDATORY_LENGTH))
PADDED = tuple(sized(MANDATORY_LENGTH, MANDATORY_LENGTH + count) for count in PADDING)


@cases(
    Row("5880-6.8.6-70", ["5880-6.8.6-r03"], {"what": "each version but 1", "flaws": OTHER_VERSIONS}),
    Row("5880-6.8.6-71", ["5880-6.8.6-r04"], {"what": "Length 0 to 23 in 24, 60 and 255 bytes", "flaws": TOO_SMALL}),
    Row("5880-6.8.6-72", ["5880-6.8.6-r06"], {"what": "Length 25 to 255 in 24 bytes", "flaws": BEYOND}),
    Row("5880-6.8.6-73", ["5880-6.8.6-r06"], {"what": "Length 25 to 255 in one byte less", "flaws": ONE_SHORT}),
    Row("5880-6.8.6-74", ["5880-6.8.6-r06"], {"what": "Length 24 in 0 to 23 bytes", "flaws": CUT}),
    Row("5880-6.8.6-75", ["5880-6.8.6-r04"], {"what": "Length 4 to 23 in as many bytes", "flaws": CUT_AND_TRUE}),
)
def test_each_is_discarded(bench: Bench, what: str, flaws: Sequence[Damage]) -> None:
    """Packets with {what} are discarded."""
    puppet = establish(bench)
    must_discard_each(bench, puppet, flaws, because=f"they have {what}")


@cases(Row("5880-6.8.6-76", ["5880-6.8.7-r12"], {"harmless": PADDED}))
def test_each_padding_is_accepted(bench: Bench, harmless: Sequence[Damage]) -> None:
    """Polls with Length 24 are answered, however many bytes there are behind it."""
    puppet = establish(bench, desired_min_tx_us=FAST_US)
    must_accept_each(bench, puppet, harmless)
