"""The checks: which requirements a capture can decide for one speaker, each a pure function on rows.

Lives here: the table of checks, the rules that look at packets one by one, and `judge`. Must not live here: how rows
came to be. Covers RFC 5880 sections 6.5, 6.8.1, 6.8.6 and 6.8.7, and RFC 5881 sections 4 and 5. A new check is a new
line of `CHECKS`; `requirement` is the id in the requirement catalogue.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from ipaddress import ip_address

from captures.findings import Check, Evidence, Outcome, View, Wrong, in_frames
from captures.handshake import ADMIN_DOWN, DOWN, INIT, UP, entries
from captures.rows import Row, Undecoded

SINGLE_HOP_PORT = 3784
SOURCE_PORTS = range(49152, 65536)
MANDATORY_LENGTH = 24


def judge(rows: Iterable[Row], speaker: str, undecoded: Iterable[Undecoded] = ()) -> list[Outcome]:
    """Run every check for the party with the address `speaker`, in the order of `CHECKS`.

    `undecoded` are the packets that a reader could not read as rows: some are too short for any Length. Raises
    ValueError when `speaker` is no IP address.
    """
    address = str(ip_address(speaker.partition("%")[0]))
    kept = list(rows)
    view = View(
        sent=[row for row in kept if row.source == address],
        received=[row for row in kept if row.destination == address],
        undecoded=[packet for packet in undecoded if packet.source == address],
    )
    return [check.judge(view) for check in CHECKS]


def _each(
    view: View, *, of: Callable[[Row], bool], holds: Callable[[Row], bool], expected: str, seen: Callable[[Row], str]
) -> Evidence:
    rows = [row for row in view.sent if of(row)]
    return Evidence(len(rows), [Wrong(row.frame, expected, seen(row)) for row in rows if not holds(row)])


def _any(row: Row) -> bool:
    return True


def _version_1(row: Row) -> bool:
    """Another version may have another layout: what the rules say of version 1 is not held against it."""
    return row.version == 1


def _point_to_point(row: Row) -> bool:
    """RFC 8562 gives the M bit a use in packets to many."""
    return row.version == 1 and not row.to_many


def _single_hop(row: Row) -> bool:
    return row.destination_port == SINGLE_HOP_PORT and not _through_lsp(row.destination)


def _single_hop_plain(row: Row) -> bool:
    return _single_hop(row) and not row.authentication_present


def _single_hop_authenticated(row: Row) -> bool:
    return _single_hop(row) and row.authentication_present


@lru_cache(maxsize=1024)
def _through_lsp(destination: str) -> bool:
    """RFC 5884 section 7 sends to 127/8 (or its IPv6 mapping) with TTL 1, on the same port."""
    address = ip_address(destination)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _destination_port(view: View) -> Evidence:
    """Another port may be another application; it is a stray when the peer runs the same session on 3784."""
    sessions = {
        (row.source, row.my_discriminator, row.your_discriminator)
        for row in view.received
        if row.destination_port == SINGLE_HOP_PORT and row.my_discriminator and row.your_discriminator
    }
    examined, wrong = 0, []
    for row in view.sent:
        stray = row.destination_port != SINGLE_HOP_PORT
        if stray and (row.destination, row.your_discriminator, row.my_discriminator) not in sessions:
            continue
        examined += 1
        if stray:
            words = f"destination port {row.destination_port}, while the peer's packets of the session go to 3784"
            wrong.append(Wrong(row.frame, "destination port 3784", words))
    return Evidence(examined, wrong)


def _source_port(view: View) -> Evidence:
    """A return to Your Discriminator zero may be a restarted speaker with the old discriminator: it starts anew."""
    first: dict[tuple[str, int], Row] = {}
    last: dict[tuple[str, int], Row] = {}
    examined, wrong = 0, []
    for row in filter(_single_hop, view.sent):
        session = (row.destination, row.my_discriminator)
        before, last[session] = last.get(session), row
        if before is None or (before.your_discriminator and not row.your_discriminator):
            first[session] = row
            continue
        examined += 1
        begun = first[session]
        if row.source_port != begun.source_port:
            expected = f"source port {begun.source_port}, as in the session's frame {begun.frame}"
            wrong.append(Wrong(row.frame, expected, f"source port {row.source_port}"))
    return Evidence(examined, wrong)


def _length(view: View) -> Evidence:
    """Bytes behind Length are padding (RFC 9764 section 3 wants them): noted, not held against the speaker."""
    rows = [row for row in view.sent if _version_1(row)]
    short = [packet for packet in view.undecoded if packet.payload_length < MANDATORY_LENGTH]
    wrong = [Wrong(row.frame, *words) for row in rows if (words := _length_trouble(row))]
    needs = f"a payload of at least {MANDATORY_LENGTH} bytes"
    wrong += [Wrong(packet.frame, needs, f"a payload of {packet.payload_length} bytes") for packet in short]
    return Evidence(len(rows) + len(short), wrong, notes=_padding(rows))


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


def _padding(rows: Sequence[Row]) -> list[str]:
    padded: dict[int, list[int]] = {}
    for row in rows:
        if row.payload_length > row.length:
            padded.setdefault(row.payload_length - row.length, []).append(row.frame)
    return [f"{size} bytes of padding behind Length in {in_frames(frames)}" for size, frames in padded.items()]


_TTL = partial(
    _each,
    holds=lambda row: row.ttl == 255,
    expected="TTL or Hop Limit 255",
    seen=lambda row: f"{'TTL' if row.ip_version == 4 else 'Hop Limit'} {row.ttl}",
)
_NO_SINGLE_HOP = "the speaker sent no single-hop packet (destination port 3784)"
_NO_VERSION_1 = "the speaker sent no packet of version 1"

CHECKS: tuple[Check, ...] = (
    Check(
        requirement="5880-6.8.7-r23",
        clause="RFC 5880 section 6.8.7: Vers is 1",
        level="MUST",
        examine=partial(
            _each,
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
        absent=_NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.5-r04",
        clause="RFC 5880 section 6.5: no packet carries the P and the F bit at once",
        level="MUST",
        examine=partial(
            _each,
            of=_version_1,
            holds=lambda row: not (row.poll and row.final),
            expected="P or F or neither",
            seen=lambda row: "P and F both set",
        ),
        absent=_NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.8.7-r35",
        clause="RFC 5880 section 6.8.7: M is 0",
        level="MUST",
        examine=partial(
            _each,
            of=_point_to_point,
            holds=lambda row: not row.multipoint,
            expected="M bit zero",
            seen=lambda row: "M bit set",
        ),
        absent="the speaker sent no packet of version 1 to a unicast address",
    ),
    Check(
        requirement="5880-6.8.1-r08",
        clause="RFC 5880 section 6.8.1: the local discriminator is not zero",
        level="MUST",
        examine=partial(
            _each,
            of=_version_1,
            holds=lambda row: row.my_discriminator != 0,
            expected="My Discriminator nonzero",
            seen=lambda row: "My Discriminator 0",
        ),
        absent=_NO_VERSION_1,
    ),
    Check(
        requirement="5880-6.8.6-r33",
        clause="RFC 5880 sections 6.2 and 6.8.6: Init is entered from Down on a received Down",
        level="MUST",
        examine=partial(entries, to=INIT, out_of=(ADMIN_DOWN, DOWN, UP)),
        absent="no session of the speaker came to Init",
    ),
    Check(
        requirement="5880-6.8.6-r34",
        clause="RFC 5880 sections 6.2 and 6.8.6: from Down, Up is entered on a received Init",
        level="MUST",
        examine=partial(entries, to=UP, out_of=(ADMIN_DOWN, DOWN), peer_up=False),
        absent="no session of the speaker came from Down to Up while the peer was not Up",
    ),
    Check(
        requirement="5880-6.8.6-r35",
        clause="RFC 5880 sections 6.2 and 6.8.6: in Down, a received Up leaves the session in Down",
        level="MUST",
        examine=partial(entries, to=UP, out_of=(ADMIN_DOWN, DOWN), peer_up=True),
        absent="no session of the speaker came from Down to Up when the peer was Up already",
    ),
    Check(
        requirement="5880-6.8.6-r38",
        clause="RFC 5880 sections 6.2 and 6.8.6: in Init, a received Down leaves the session in Init",
        level="MUST",
        examine=partial(entries, to=UP, out_of=(INIT,)),
        absent="no session of the speaker came from Init to Up",
    ),
    Check(
        requirement="5881-4-r01",
        clause="RFC 5881 section 4: the UDP destination port is 3784",
        level="MUST",
        examine=_destination_port,
        absent="the capture shows no single-hop session of the speaker",
    ),
    Check(
        requirement="5881-4-r03",
        clause="RFC 5881 section 4: the UDP source port lies in 49152 to 65535",
        level="MUST",
        examine=partial(
            _each,
            of=_single_hop,
            holds=lambda row: row.source_port in SOURCE_PORTS,
            expected="source port 49152 to 65535",
            seen=lambda row: f"source port {row.source_port}",
        ),
        absent=_NO_SINGLE_HOP,
    ),
    Check(
        requirement="5881-4-r04",
        clause="RFC 5881 section 4: all packets of a session have the same UDP source port",
        level="MUST",
        examine=_source_port,
        absent="no single-hop session of the speaker has two packets in the capture",
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
