"""Rules about the contents of a packet, whatever was sent before: a table of what must hold for which packets.

Covers RFC 5880 sections 4.1, 4.3, 4.4, 6.5, 6.6, 6.7, 6.8.1, 6.8.3 and 6.8.7, RFC 5881 sections 4 and 5, RFC 5883
section 5.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from captures.findings import Check, Evidence, Span, View, Wrong, in_frames, span
from captures.handshake import STATE_NAMES, UP
from captures.rows import Padding, Row
from captures.rules import ABSENT, Columns, Mask, Rule

SINGLE_HOP_PORT, MULTIHOP_PORT, SBFD_PORT = 3784, 4784, 7784
SOURCE_PORTS = range(49152, 65536)
MANDATORY_LENGTH = 24
SLOW_US = 1_000_000
SIMPLE_PASSWORD, MD5_TYPES, SHA1_TYPES = 1, (2, 3), (4, 5)
_LAST_ASSIGNED_DIAG = 9  # 0 to 8 by RFC 5880, 9 by RFC 6428


def single_hop(row: Row) -> bool:
    """Whether RFC 5881 applies."""
    return row.destination_port == SINGLE_HOP_PORT and not row.through_lsp


def multihop(row: Row) -> bool:
    """Whether RFC 5883 applies."""
    return row.destination_port == MULTIHOP_PORT


def _any(packets: Columns) -> Mask:
    return packets.all


def _version_1(packets: Columns) -> Mask:
    """Another version may have another layout: what the rules say of version 1 is not held against it."""
    return packets.version == 1


def _point_to_point(packets: Columns) -> Mask:
    """RFC 8562 gives the M bit a use in packets to many."""
    return _version_1(packets) & ~packets.to_many


def _with_states(packets: Columns) -> Mask:
    """RFC 7880 and RFC 8562 have state machines and timers of their own."""
    return _point_to_point(packets) & (packets.destination_port != SBFD_PORT)


def _not_up(packets: Columns) -> Mask:
    return _with_states(packets) & (packets.state != UP)


def _demanding(packets: Columns) -> Mask:
    return _with_states(packets) & packets.demand


def _single_hop(packets: Columns) -> Mask:
    return (packets.destination_port == SINGLE_HOP_PORT) & ~packets.through_lsp


def _multihop(packets: Columns) -> Mask:
    return packets.destination_port == MULTIHOP_PORT


def _single_hop_plain(packets: Columns) -> Mask:
    return _single_hop(packets) & ~packets.authentication_present


def _single_hop_authenticated(packets: Columns) -> Mask:
    return _single_hop(packets) & packets.authentication_present


def _authenticated(packets: Columns) -> Mask:
    return _version_1(packets) & (packets.auth_type != ABSENT) & (packets.auth_length != ABSENT)


def _length(view: View) -> Evidence:
    """Bytes behind Length are padding (RFC 9764 section 3 wants them): noted, not held against the speaker."""
    examined, wrong = 0, []
    for said in view.sent:
        if said.row.version == 1:
            examined += said.count
            if words := _length_trouble(said.row):
                wrong.append(Wrong(span(said), *words))
    needs = f"a payload of at least {MANDATORY_LENGTH} bytes"
    for said in view.undecoded:
        if said.packet.payload_length < MANDATORY_LENGTH:
            examined += said.count
            wrong.append(Wrong(span(said), needs, f"a payload of {said.packet.payload_length} bytes"))
    return Evidence(examined, wrong, notes=_padding(view))


def _length_trouble(row: Row) -> tuple[str, str] | None:
    """What was expected and what was seen, or None."""
    if row.length > row.payload_length:
        return "Length within the UDP payload", f"Length {row.length} in a payload of {row.payload_length} bytes"
    if not row.authentication_present:
        right = MANDATORY_LENGTH
    elif row.auth_length is None:
        return "an Authentication Section within Length, as the A bit is set", f"Length {row.length} without one"
    else:
        right = MANDATORY_LENGTH + row.auth_length
    return None if row.length == right else (f"Length {right}", f"Length {row.length}")


def _padding(view: View) -> list[str]:
    padded: dict[str, list[Span]] = {}
    for said in view.sent:
        behind = said.row.payload_length - said.row.length
        if said.row.version == 1 and behind > 0:
            kind = " that is not zero" if said.row.padding is Padding.NONZERO else ""
            padded.setdefault(f"{behind} bytes of padding{kind} behind Length", []).append(span(said))
    return [f"{words} in {in_frames(where)}" for words, where in padded.items()]


_TTL = partial(
    Rule,
    holds=lambda packets: packets.ttl == 255,
    expected="TTL or Hop Limit 255",
    seen=lambda row: f"{'TTL' if row.ip_version == 4 else 'Hop Limit'} {row.ttl}",
)
_SOURCE_PORT = partial(
    Rule,
    holds=lambda packets: packets.source_port >= SOURCE_PORTS.start,
    expected="source port 49152 to 65535",
    seen=lambda row: f"source port {row.source_port}",
)
NO_SINGLE_HOP = "the speaker sent no single-hop packet (destination port 3784)"
NO_MULTIHOP = "the speaker sent no multihop packet (destination port 4784)"
NO_VERSION_1 = "the speaker sent no packet of version 1"


def _auth_length(types: Sequence[int], allowed: Sequence[int], expected: str) -> Rule:
    return Rule(
        of=lambda packets: _authenticated(packets) & np.isin(packets.auth_type, types),
        holds=lambda packets: np.isin(packets.auth_length, allowed),
        expected=expected,
        seen=lambda row: f"Auth Len {row.auth_length}",
    )


def _reserved(types: Sequence[int]) -> Rule:
    return Rule(
        of=lambda packets: (
            _authenticated(packets)
            & np.isin(packets.auth_type, types)
            & (packets.auth_reserved != ABSENT)
            & ~packets.malformed
        ),
        holds=lambda packets: packets.auth_reserved == 0,
        expected="Reserved 0",
        seen=lambda row: f"Reserved {row.auth_reserved}",
    )


CHECKS: tuple[Check, ...] = (
    Check(
        requirement="5880-6.8.7-r23",
        clause="RFC 5880 section 6.8.7: Vers is 1",
        level="MUST",
        examine=Rule(
            of=_any,
            holds=lambda packets: packets.version == 1,
            expected="version 1",
            seen=lambda row: f"version {row.version}",
        ),
        absent="the speaker sent no packet",
    ),
    Check(
        requirement="5880-6.8.7-r37",
        clause="RFC 5880 section 6.8.7: Length is 24 plus the length of the Authentication Section",
        level="MUST",
        examine=_length,
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-4.1-r05",
        clause="RFC 5880 section 4.1: reserved values of Diag are not sent",
        level="MUST",
        examine=Rule(
            of=_version_1,
            holds=lambda packets: packets.diag <= _LAST_ASSIGNED_DIAG,
            expected="Diag 0 to 9",
            seen=lambda row: f"Diag {row.diag}",
        ),
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.5-r04",
        clause="RFC 5880 section 6.5: no packet carries the P and the F bit at once",
        level="MUST",
        examine=Rule(
            of=_version_1,
            holds=lambda packets: ~(packets.poll & packets.final),
            expected="P or F or neither",
            seen=lambda row: "P and F both set",
        ),
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.8.7-r35",
        clause="RFC 5880 section 6.8.7: M is 0",
        level="MUST",
        examine=Rule(
            of=_point_to_point,
            holds=lambda packets: ~packets.multipoint,
            expected="M bit zero",
            seen=lambda row: "M bit set",
        ),
        absent="the speaker sent no packet of version 1 to a unicast address",
    ),
    Check(
        requirement="5880-6.8.7-r20",
        clause="RFC 5880 section 6.8.7: the D bit is not set unless the local session is Up",
        level="MUST",
        examine=Rule(
            of=_demanding,
            holds=lambda packets: packets.state == UP,
            expected="D bit zero, as the state is not Up",
            seen=lambda row: f"D bit set in state {STATE_NAMES[row.state]}",
        ),
        absent="the speaker sent no packet with the D bit set",
    ),
    Check(
        requirement="5880-6.8.1-r18",
        clause="RFC 5880 section 6.8.1: Detect Mult is not zero",
        level="MUST",
        examine=Rule(
            of=_version_1,
            holds=lambda packets: packets.detect_mult != 0,
            expected="Detect Mult 1 to 255",
            seen=lambda row: "Detect Mult 0",
        ),
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.8.1-r08",
        clause="RFC 5880 section 6.8.1: the local discriminator is not zero",
        level="MUST",
        examine=Rule(
            of=_version_1,
            holds=lambda packets: packets.my_discriminator != 0,
            expected="My Discriminator nonzero",
            seen=lambda row: "My Discriminator 0",
        ),
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-4.1-r09",
        clause="RFC 5880 section 4.1: Desired Min TX Interval is not zero, which is reserved",
        level="MUST",
        examine=Rule(
            of=_with_states,
            holds=lambda packets: packets.desired_min_tx_interval_us != 0,
            expected="Desired Min TX Interval 1 us or more",
            seen=lambda row: "Desired Min TX Interval 0",
        ),
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.8.3-r08",
        clause="RFC 5880 section 6.8.3: in every state but Up, Desired Min TX Interval is at least one second",
        level="MUST",
        examine=Rule(
            of=_not_up,
            holds=lambda packets: packets.desired_min_tx_interval_us >= SLOW_US,
            expected="Desired Min TX Interval 1 s or more",
            seen=lambda row: f"{row.desired_min_tx_interval_us / 1000:g} ms in state {STATE_NAMES[row.state]}",
        ),
        absent="all packets of the speaker say Up",
    ),
    Check(
        requirement="5880-4.1-r14",
        clause="RFC 5880 section 4.1: Auth Type 0 is reserved",
        level="MUST",
        examine=Rule(
            of=_authenticated,
            holds=lambda packets: packets.auth_type != 0,
            expected="Auth Type 1 to 5, or one that a later document assigns",
            seen=lambda row: "Auth Type 0",
        ),
        absent="the speaker sent no packet with authentication",
    ),
    Check(
        requirement="5880-4.3-r05",
        clause="RFC 5880 section 4.3: the Reserved byte of Keyed MD5, meticulous or not, is zero",
        level="MUST",
        examine=_reserved(MD5_TYPES),
        absent="the speaker sent no packet with Keyed MD5",
    ),
    Check(
        requirement="5880-4.4-r04",
        clause="RFC 5880 section 4.4: the Reserved byte of Keyed SHA1, meticulous or not, is zero",
        level="MUST",
        examine=_reserved(SHA1_TYPES),
        absent="the speaker sent no packet with Keyed SHA1",
    ),
    Check(
        requirement="5880-6.7.2-r05",
        clause="RFC 5880 section 6.7.2: Auth Len of a Simple Password is 3 and the length of the password, 4 to 19",
        level="MUST",
        examine=_auth_length((SIMPLE_PASSWORD,), range(4, 20), "Auth Len 4 to 19"),
        absent="the speaker sent no packet with a Simple Password",
    ),
    Check(
        requirement="5880-6.7.3-r04",
        clause="RFC 5880 section 6.7.3: Auth Len is 24 with Keyed MD5, meticulous or not",
        level="MUST",
        examine=_auth_length(MD5_TYPES, range(24, 25), "Auth Len 24"),
        absent="the speaker sent no packet with Keyed MD5",
    ),
    Check(
        requirement="5880-6.7.4-r04",
        clause="RFC 5880 section 6.7.4: Auth Len is 28 with Keyed SHA1, meticulous or not",
        level="MUST",
        examine=_auth_length(SHA1_TYPES, range(28, 29), "Auth Len 28"),
        absent="the speaker sent no packet with Keyed SHA1",
    ),
    Check(
        requirement="5881-4-r03",
        clause="RFC 5881 section 4: the UDP source port lies in 49152 to 65535",
        level="MUST",
        examine=_SOURCE_PORT(of=_single_hop),
        absent=NO_SINGLE_HOP,
    ),
    Check(
        requirement="5883-5-r03",
        clause="RFC 5883 section 5: as on a single hop, the UDP source port lies in 49152 to 65535",
        level="MUST",
        examine=_SOURCE_PORT(of=_multihop),
        absent=NO_MULTIHOP,
    ),
    Check(
        requirement="5881-5-r01",
        clause="RFC 5881 section 5: without authentication, TTL or Hop Limit is 255",
        level="MUST",
        examine=_TTL(of=_single_hop_plain),
        absent="the speaker sent no single-hop packet without authentication",
    ),
    Check(
        requirement="5881-5-r03",
        clause="RFC 5881 section 5: with authentication, TTL or Hop Limit is 255",
        level="MUST",
        examine=_TTL(of=_single_hop_authenticated),
        absent="the speaker sent no single-hop packet with authentication",
    ),
)
