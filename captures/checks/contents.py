"""Rules about the contents of a packet, whatever was sent before: a table of what must hold for which packets.

Covers RFC 5880 sections 4.1, 6.5, 6.6, 6.7, 6.8.1, 6.8.3 and 6.8.7, RFC 5881 sections 4 and 5, RFC 5883 section 5.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from ipaddress import ip_address

from captures.findings import Check, Evidence, Span, View, Wrong, in_frames, span
from captures.handshake import STATE_NAMES, UP
from captures.rows import Padding, Row

SINGLE_HOP_PORT, MULTIHOP_PORT, SBFD_PORT = 3784, 4784, 7784
SOURCE_PORTS = range(49152, 65536)
MANDATORY_LENGTH = 24
SLOW_US = 1_000_000
SIMPLE_PASSWORD, MD5_TYPES, SHA1_TYPES = 1, (2, 3), (4, 5)
_ASSIGNED_DIAGS = range(10)  # 0 to 8 by RFC 5880, 9 by RFC 6428


def each(
    view: View, *, of: Callable[[Row], bool], holds: Callable[[Row], bool], expected: str, seen: Callable[[Row], str]
) -> Evidence:
    """Every packet that `of` picks has to satisfy `holds`."""
    examined, wrong = 0, []
    for said in view.sent:
        if of(said.row):
            examined += said.count
            if not holds(said.row):
                wrong.append(Wrong(span(said), expected, seen(said.row)))
    return Evidence(examined, wrong)


def version_1(row: Row) -> bool:
    """Another version may have another layout: what the rules say of version 1 is not held against it."""
    return row.version == 1


def _any(row: Row) -> bool:
    return True


def _point_to_point(row: Row) -> bool:
    """RFC 8562 gives the M bit a use in packets to many."""
    return row.version == 1 and not row.to_many


def _with_states(row: Row) -> bool:
    """RFC 7880 and RFC 8562 have state machines and timers of their own."""
    return _point_to_point(row) and row.destination_port != SBFD_PORT


def _not_up(row: Row) -> bool:
    return _with_states(row) and row.state != UP


def _demanding(row: Row) -> bool:
    return _with_states(row) and row.demand


def single_hop(row: Row) -> bool:
    """Whether RFC 5881 applies."""
    return row.destination_port == SINGLE_HOP_PORT and not _through_lsp(row.destination)


def multihop(row: Row) -> bool:
    """Whether RFC 5883 applies."""
    return row.destination_port == MULTIHOP_PORT


def _single_hop_plain(row: Row) -> bool:
    return single_hop(row) and not row.authentication_present


def _single_hop_authenticated(row: Row) -> bool:
    return single_hop(row) and row.authentication_present


def _authenticated(row: Row, types: Sequence[int] = ()) -> bool:
    return (
        version_1(row)
        and row.auth_type is not None
        and row.auth_length is not None
        and (not types or row.auth_type in types)
    )


@lru_cache(maxsize=1024)
def _through_lsp(destination: str) -> bool:
    """RFC 5884 section 7 sends to 127/8 (or its IPv6 mapping) with TTL 1, on the same port."""
    address = ip_address(destination)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _length(view: View) -> Evidence:
    """Bytes behind Length are padding (RFC 9764 section 3 wants them): noted, not held against the speaker."""
    examined, wrong = 0, []
    for said in view.sent:
        if version_1(said.row):
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
        if version_1(said.row) and behind > 0:
            kind = " that is not zero" if said.row.padding is Padding.NONZERO else ""
            padded.setdefault(f"{behind} bytes of padding{kind} behind Length", []).append(span(said))
    return [f"{words} in {in_frames(where)}" for words, where in padded.items()]


_TTL = partial(
    each,
    holds=lambda row: row.ttl == 255,
    expected="TTL or Hop Limit 255",
    seen=lambda row: f"{'TTL' if row.ip_version == 4 else 'Hop Limit'} {row.ttl}",
)
_SOURCE_PORT = partial(
    each,
    holds=lambda row: row.source_port in SOURCE_PORTS,
    expected="source port 49152 to 65535",
    seen=lambda row: f"source port {row.source_port}",
)
NO_SINGLE_HOP = "the speaker sent no single-hop packet (destination port 3784)"
NO_MULTIHOP = "the speaker sent no multihop packet (destination port 4784)"
NO_VERSION_1 = "the speaker sent no packet of version 1"


def _auth_length(types: Sequence[int], allowed: range, expected: str) -> Callable[[View], Evidence]:
    return partial(
        each,
        of=partial(_authenticated, types=types),
        holds=lambda row: row.auth_length in allowed,
        expected=expected,
        seen=lambda row: f"Auth Len {row.auth_length}",
    )


CHECKS: tuple[Check, ...] = (
    Check(
        requirement="5880-6.8.7-r23",
        clause="RFC 5880 section 6.8.7: Vers is 1",
        level="MUST",
        examine=partial(
            each,
            of=_any,
            holds=lambda row: row.version == 1,
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
        examine=partial(
            each,
            of=version_1,
            holds=lambda row: row.diag in _ASSIGNED_DIAGS,
            expected="Diag 0 to 9",
            seen=lambda row: f"Diag {row.diag}",
        ),
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.5-r04",
        clause="RFC 5880 section 6.5: no packet carries the P and the F bit at once",
        level="MUST",
        examine=partial(
            each,
            of=version_1,
            holds=lambda row: not (row.poll and row.final),
            expected="P or F or neither",
            seen=lambda row: "P and F both set",
        ),
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.8.7-r35",
        clause="RFC 5880 section 6.8.7: M is 0",
        level="MUST",
        examine=partial(
            each,
            of=_point_to_point,
            holds=lambda row: not row.multipoint,
            expected="M bit zero",
            seen=lambda row: "M bit set",
        ),
        absent="the speaker sent no packet of version 1 to a unicast address",
    ),
    Check(
        requirement="5880-6.8.7-r20",
        clause="RFC 5880 section 6.8.7: the D bit is not set unless the local session is Up",
        level="MUST",
        examine=partial(
            each,
            of=_demanding,
            holds=lambda row: row.state == UP,
            expected="D bit zero, as the state is not Up",
            seen=lambda row: f"D bit set in state {STATE_NAMES[row.state]}",
        ),
        absent="the speaker sent no packet with the D bit set",
    ),
    Check(
        requirement="5880-6.8.1-r18",
        clause="RFC 5880 section 6.8.1: Detect Mult is not zero",
        level="MUST",
        examine=partial(
            each,
            of=version_1,
            holds=lambda row: row.detect_mult != 0,
            expected="Detect Mult 1 to 255",
            seen=lambda row: "Detect Mult 0",
        ),
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.8.1-r08",
        clause="RFC 5880 section 6.8.1: the local discriminator is not zero",
        level="MUST",
        examine=partial(
            each,
            of=version_1,
            holds=lambda row: row.my_discriminator != 0,
            expected="My Discriminator nonzero",
            seen=lambda row: "My Discriminator 0",
        ),
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-4.1-r09",
        clause="RFC 5880 section 4.1: Desired Min TX Interval is not zero, which is reserved",
        level="MUST",
        examine=partial(
            each,
            of=_with_states,
            holds=lambda row: row.desired_min_tx_interval_us != 0,
            expected="Desired Min TX Interval 1 us or more",
            seen=lambda row: "Desired Min TX Interval 0",
        ),
        absent=NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.8.3-r08",
        clause="RFC 5880 section 6.8.3: in every state but Up, Desired Min TX Interval is at least one second",
        level="MUST",
        examine=partial(
            each,
            of=_not_up,
            holds=lambda row: row.desired_min_tx_interval_us >= SLOW_US,
            expected="Desired Min TX Interval 1 s or more",
            seen=lambda row: f"{row.desired_min_tx_interval_us / 1000:g} ms in state {STATE_NAMES[row.state]}",
        ),
        absent="all packets of the speaker say Up",
    ),
    Check(
        requirement="5880-4.1-r14",
        clause="RFC 5880 section 4.1: Auth Type 0 is reserved",
        level="MUST",
        examine=partial(
            each,
            of=_authenticated,
            holds=lambda row: row.auth_type != 0,
            expected="Auth Type 1 to 5, or one that a later document assigns",
            seen=lambda row: "Auth Type 0",
        ),
        absent="the speaker sent no packet with authentication",
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
        examine=partial(_SOURCE_PORT, of=single_hop),
        absent=NO_SINGLE_HOP,
    ),
    Check(
        requirement="5883-5-r03",
        clause="RFC 5883 section 5: as on a single hop, the UDP source port lies in 49152 to 65535",
        level="MUST",
        examine=partial(_SOURCE_PORT, of=multihop),
        absent=NO_MULTIHOP,
    ),
    Check(
        requirement="5881-5-r01",
        clause="RFC 5881 section 5: without authentication, TTL or Hop Limit is 255",
        level="MUST",
        examine=partial(_TTL, of=_single_hop_plain),
        absent="the speaker sent no single-hop packet without authentication",
    ),
    Check(
        requirement="5881-5-r03",
        clause="RFC 5881 section 5: with authentication, TTL or Hop Limit is 255",
        level="MUST",
        examine=partial(_TTL, of=_single_hop_authenticated),
        absent="the speaker sent no single-hop packet with authentication",
    ),
)
