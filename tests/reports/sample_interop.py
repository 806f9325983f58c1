"""An interop run to render: every letter but two, known and unknown failures. Nobody met for it."""

from datetime import UTC, datetime
from typing import Any

from reports.interop import Interop, Known, Line, Meeting, Party, ScenarioInfo
from reports.model import Verdict


def meeting(scenario: str, actor: str, other: str, verdict: Verdict = Verdict.PASS, **more: Any) -> Meeting:
    values: dict[str, Any] = {
        "as_expected": verdict in (Verdict.PASS, Verdict.UNSUPPORTED),
        "seen": [f"{actor} and {other} were seen"],
        "repeat": f"bfdspec interop --with {actor} --with {other} --scenario {scenario}",
        "captures": [f"captures/{actor}_{other}/{scenario}.a.pcapng", f"captures/{actor}_{other}/{scenario}.b.pcapng"],
        "lines": [
            Line(time_us=0, side=None, words="cut"),
            Line(time_us=1500, side=0, frames=(1, None), words="Up", alike=3, marked=True),
        ],
    }
    return Meeting(scenario=scenario, actor=actor, other=other, verdict=verdict, **{**values, **more})


def sample_interop(hostile: str = "no answer") -> Interop:
    known = Known(verdict=Verdict.FAIL, why="it never heeds the bit", evidence="frame 7", since="1.0")
    return Interop(
        generator="bfdspec 0.1.0",
        command="bfdspec interop",
        driver="netns",
        started=datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC),
        duration_us=61_000_000,
        parties=[Party(name=name, version="1.0") for name in ("one", "two", "three")],
        scenarios=[
            ScenarioInfo(id="ipv4", title="Establishment", expects="both come Up", clause="6.2", directed=False),
            ScenarioInfo(id="pause", title="Pause", expects="the other notices", clause="6.8.4", directed=True),
        ],
        meetings=[
            meeting("ipv4", "one", "two"),
            meeting("pause", "one", "two", Verdict.FAIL, expected="Down", actual="still Up", as_expected=False),
            meeting("pause", "two", "one", Verdict.FAIL, actual="again", known=known, as_expected=True),
            meeting("ipv4", "one", "three", Verdict.INCONCLUSIVE, reason=hostile),
        ],
    )
