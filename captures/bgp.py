"""BGP in a capture (RFC 4271 section 4): the TCP segments with messages, or with the end of a connection."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from captures.read import CaptureError, nanoseconds, run_tshark

BGP_PORT = 179
OPEN, UPDATE, NOTIFICATION, KEEPALIVE = 1, 2, 3, 4
"""Types of messages."""

_FIELDS = (
    "frame.protocols",  # first, as run_tshark wants it
    "frame.number",
    "frame.time_epoch",
    "ip.src",
    "ipv6.src",
    "tcp.stream",
    "tcp.flags.fin",
    "tcp.flags.reset",
    "bgp.type",
    "bgp.open.holdtime",
    "bgp.notify.major_error",
    "bgp.notify.minor_error_cease",
)
_SELECTION = f"tcp.port == {BGP_PORT} && (bgp.type || tcp.flags.fin == 1 || tcp.flags.reset == 1)"


@dataclass(frozen=True, slots=True)
class Segment:
    """A TCP segment of a BGP connection; `stream` numbers the connections of a capture. `messages` are the types of
    those that end in it. `hold_s` is the Hold Time of an OPEN, `error` code and subcode of a NOTIFICATION, the subcode
    None where it is not a Cease's."""

    frame: int
    time_ns: int
    source: str
    stream: int
    messages: tuple[int, ...] = ()
    hold_s: int | None = None
    error: tuple[int, int | None] | None = None
    fin: bool = False
    reset: bool = False

    @property
    def ends(self) -> bool:
        """Whether its sender ends the connection with it."""
        return self.fin or self.reset or NOTIFICATION in self.messages


def read_bgp(path: Path) -> list[Segment]:
    """The segments of a capture file that begin, keep or end a BGP session, in file order. Raises CaptureError, also
    for a damaged file."""
    lines, damage = run_tshark(path, ["-Y", _SELECTION, "-E", "occurrence=a"], _FIELDS)
    if damage:
        raise CaptureError(f"{path}: {damage}")
    return [_segment(dict(zip(_FIELDS, line.split("\t"), strict=True))) for line in lines]


def _segment(fields: Mapping[str, str]) -> Segment:
    code, subcode = _first(fields["bgp.notify.major_error"]), _first(fields["bgp.notify.minor_error_cease"])
    return Segment(
        frame=int(fields["frame.number"]),
        time_ns=nanoseconds(fields["frame.time_epoch"]),
        source=fields["ip.src"] or fields["ipv6.src"],
        stream=int(fields["tcp.stream"]),
        messages=tuple(int(kind) for kind in fields["bgp.type"].split(",") if kind),
        hold_s=_first(fields["bgp.open.holdtime"]),
        error=None if code is None else (code, subcode),
        fin=fields["tcp.flags.fin"] in _SET,
        reset=fields["tcp.flags.reset"] in _SET,
    )


_SET = ("1", "True")
"""As older and newer versions of tshark print a flag."""


def _first(values: str) -> int | None:
    return int(values.partition(",")[0], 0) if values else None
