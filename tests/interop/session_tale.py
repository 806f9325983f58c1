"""A session between two ends as captures would show it, told packet by packet: time in milliseconds, side, and what
differs from an ordinary packet."""

from dataclasses import dataclass, field
from typing import Any

from captures.echoes import Echo
from captures.handshake import ADMIN_DOWN, DOWN, INIT, UP
from captures.rows import Row
from interop.evidence import Evidence, Mark, combine
from interop.judgement import Conclusion, Judgement
from interop.scenarios import SCENARIOS
from reports.model import Verdict

ADDRESSES = ("192.0.2.1", "192.0.2.2")
MS = 1_000_000
BEGUN_NS = 1_700_000_000 * 1000 * MS


@dataclass
class Tale:
    """Both captures while they are being told."""

    rows: tuple[list[Row], list[Row]] = field(default_factory=lambda: ([], []))
    marks: list[Mark] = field(default_factory=list)
    fields: tuple[dict[str, Any], dict[str, Any]] = field(default_factory=lambda: ({}, {}))
    echoes: list[Echo] = field(default_factory=list)

    def mark(self, at_ms: float, name: str) -> None:
        self.marks.append(Mark(BEGUN_NS + round(at_ms * MS), name, name))

    def say(self, at_ms: float, side: int, state: int, *, arrives: bool = True, **fields: Any) -> None:
        values = {**self.fields[side], **fields}
        for capture in (side, 1 - side) if arrives else (side,):
            delay = 0.0 if capture == side else 0.05
            row = _row(side, len(self.rows[capture]) + 1, at_ms + delay, state, values)
            self.rows[capture].append(row)

    def talk(self, begin_ms: float, end_ms: float, side: int, *, every_ms: float = 270, **fields: Any) -> None:
        """Periodic packets, Up unless `state` says otherwise."""
        state, at_ms = fields.pop("state", UP), begin_ms
        while at_ms < end_ms:
            self.say(at_ms, side, state, **fields)
            at_ms += every_ms

    def echo(self, at_ms: float, *, outbound: bool, payload: str = "e0") -> None:
        """An Echo packet at side 0."""
        self.echoes.append(Echo(len(self.echoes) + 1, BEGUN_NS + round(at_ms * MS), outbound, payload))

    def establish(self) -> None:
        """Both come Up within two seconds, and the first one's captures begin before."""
        self.mark(0, "begin")
        for at_ms, side, state in ((10, 0, DOWN), (20, 1, DOWN), (1010, 1, INIT), (1011, 0, UP), (1012, 1, UP)):
            your = 0 if state == DOWN else 0xA + (1 - side)
            self.say(at_ms, side, state, your_discriminator=your)
        self.mark(2000, "up")

    def evidence(self) -> Evidence:
        """The two captures put together, as they are read from files."""
        rows = [sorted(rows, key=lambda row: row.time_ns) for rows in self.rows]
        return Evidence(("left", "right"), combine(*rows, ADDRESSES), self.marks, (self.echoes, ()))


def judge(scenario: str, tale: Tale) -> tuple[Verdict, str]:
    """The verdict, and what was seen."""
    judgement = Judgement(tale.evidence(), tolerance_ns=30 * MS)
    try:
        SCENARIOS[scenario].judge(judgement.evidence, judgement)
    except Conclusion as conclusion:
        return conclusion.verdict, conclusion.seen
    if judgement.warnings:
        return Verdict.WARN, judgement.warnings[0][1]
    return Verdict.PASS, "; ".join(judgement.seen)


def _row(side: int, frame: int, at_ms: float, state: int, values: dict[str, Any]) -> Row:
    ordinary: dict[str, Any] = {
        "frame": frame,
        "time_ns": BEGUN_NS + round(at_ms * MS),
        "source": ADDRESSES[side],
        "destination": ADDRESSES[1 - side],
        "ttl": 255,
        "source_port": 50_000 + side,
        "destination_port": 3784,
        "ip_version": 4,
        "udp_length": 32,
        "version": 1,
        "diag": 0,
        "state": state,
        "poll": False,
        "final": False,
        "control_plane_independent": False,
        "authentication_present": False,
        "demand": False,
        "multipoint": False,
        "detect_mult": 3,
        "length": 24,
        "my_discriminator": 0xA + side,
        "your_discriminator": 0 if state in (DOWN, ADMIN_DOWN) else 0xA + (1 - side),
        "desired_min_tx_interval_us": 300_000,
        "required_min_rx_interval_us": 300_000,
        "required_min_echo_rx_interval_us": 0,
        "auth_type": None,
        "auth_length": None,
        "auth_key_id": None,
        "auth_sequence": None,
        "malformed": False,
    }
    return Row(**{**ordinary, **values})
