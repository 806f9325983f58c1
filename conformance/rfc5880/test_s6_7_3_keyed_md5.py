"""RFC 5880 section 6.7.3, Keyed MD5 and Meticulous Keyed MD5, with their format in 4.3.

The types are alike, so the bodies of the cases are in `authentication_sent`, `authentication_received` and
`authentication_numbers`.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.rfc5880 import authentication_numbers, authentication_received, authentication_sent
from conformance.rfc5880.authentication import DISCARDS, KNOWN, MD5, METICULOUS_MD5, SENT, SEVERAL, WINDOWS, Kind
from topologies.node import Capability


@cases(
    Row("5880-6.7.3-01", MD5.about(*SENT), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-02", METICULOUS_MD5.about(*SENT), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
)
def test_digest_sections(bench: Bench, kind: Kind) -> None:
    """With {kind} every packet is laid out as the RFC says and carries the digest of itself."""
    authentication_sent.digest_sections(bench, kind)


@cases(
    Row("5880-6.7.3-03", MD5.about("accepts"), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-04", METICULOUS_MD5.about("accepts"), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
)
def test_authentic_packets_are_accepted(bench: Bench, kind: Kind) -> None:
    """With {kind}, packets that are authentic bring the session Up and keep it there."""
    authentication_received.authentic_packets_are_accepted(bench, kind)


@cases(
    Row("5880-6.7.3-05", MD5.about("ignores_reserved"), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-06", METICULOUS_MD5.about("ignores_reserved"), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
)
def test_reserved_is_ignored(bench: Bench, kind: Kind) -> None:
    """With {kind}, the Reserved byte may have any value, as long as the digest is right."""
    authentication_received.reserved_is_ignored(bench, kind)


@cases(
    Row("5880-6.7.3-07", MD5.about(*DISCARDS), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-08", METICULOUS_MD5.about(*DISCARDS), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
)
def test_wrong_headers_are_discarded(bench: Bench, kind: Kind) -> None:
    """With {kind}, a packet with another Auth Type, an unknown key ID or a wrong Auth Len is discarded."""
    authentication_received.wrong_headers_are_discarded(bench, kind)


@cases(
    Row("5880-6.7.3-09", MD5.about("discards_proof"), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-10", METICULOUS_MD5.about("discards_proof"), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
)
def test_wrong_proofs_are_discarded(bench: Bench, kind: Kind) -> None:
    """With {kind}, a packet with another key, or with a bit flipped under its digest, is discarded."""
    authentication_received.wrong_proofs_are_discarded(bench, kind)


@cases(
    Row("5880-6.7.3-11", MD5.about(*SEVERAL), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-12", METICULOUS_MD5.about(*SEVERAL), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
    needs=[Capability.AUTH_SEVERAL_KEYS],
)
def test_several_keys(bench: Bench, kind: Kind) -> None:
    """With {kind} and two keys, each key ID goes with its own key, in both directions."""
    authentication_received.several_keys(bench, kind)


@cases(
    Row("5880-6.7.3-13", MD5.about("key_id"), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-14", METICULOUS_MD5.about("key_id"), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
    needs=[Capability.AUTH_SEVERAL_KEYS, Capability.CHANGE_KEYS],
)
def test_rollover(bench: Bench, kind: Kind) -> None:
    """With {kind} and two keys, a target that is told to send with the second one does so."""
    authentication_received.rollover(bench, kind)


@cases(
    Row("5880-6.7.3-15", MD5.about("sequence", "on_state"), {"kind": MD5}, [MD5.need]),
)
def test_number_moves_on_with_the_state(bench: Bench, kind: Kind) -> None:
    """With {kind} the Sequence Number moves on when the state changes.

    A target that counts by a clock may do so between two packets by chance, so the state changes several times.
    """
    authentication_numbers.number_moves_on_with_the_state(bench, kind)


@cases(
    Row("5880-6.7.3-23", MD5.about("on_contents"), {"kind": MD5}, [MD5.need]),
    needs=[Capability.CHANGE_MULT],
)
def test_number_moves_on_with_the_contents(bench: Bench, kind: Kind) -> None:
    """With {kind} the Sequence Number moves on when Detect Mult changes.

    Five changes at a tenth of a second between packets: a target that counts once a second by a clock passes each by
    chance one time in ten, so all of them one time in 10^5.
    """
    authentication_numbers.number_moves_on_with_the_contents(bench, kind)


@cases(
    Row(
        "5880-6.7.3-16",
        METICULOUS_MD5.about("sequence", "every_packet"),
        {"kind": METICULOUS_MD5},
        [METICULOUS_MD5.need],
    ),
)
def test_meticulous_numbers(bench: Bench, kind: Kind) -> None:
    """With {kind} every packet has a Sequence Number of its own, the answers to Polls included."""
    authentication_numbers.meticulous_numbers(bench, kind)


@cases(
    Row("5880-6.7.3-17", MD5.about(*WINDOWS), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-18", METICULOUS_MD5.about(*WINDOWS), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
)
def test_window(bench: Bench, kind: Kind) -> None:
    """With {kind}, Sequence Numbers before the window and beyond it are discarded, and those at its edges are not."""
    authentication_numbers.window(bench, kind)


@cases(
    Row("5880-6.7.3-19", MD5.about("circular"), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-20", METICULOUS_MD5.about("circular"), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
)
def test_wrap(bench: Bench, kind: Kind) -> None:
    """With {kind}, the window reaches across the wrap of the Sequence Number."""
    authentication_numbers.wrap(bench, kind)


@cases(
    Row("5880-6.7.3-21", MD5.about(*KNOWN), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-22", METICULOUS_MD5.about(*KNOWN), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
)
def test_first_packet_begins_the_window(bench: Bench, kind: Kind) -> None:
    """With {kind}, the Sequence Number of the first authentic packet is where the window begins."""
    authentication_numbers.first_packet_begins_the_window(bench, kind)
