"""Kill matrices to render: one that is clean, one with every kind of finding. Nobody was hunted for them."""

from datetime import UTC, datetime
from typing import Any

from reports.kill_matrix import Accusation, CaseTally, Finding, Flaw, Kill, KillMatrix
from reports.model import Verdict


def kill(name: str, *caught_by: str, breaks: str = "5880-6.8.6-r03", **more: Any) -> Kill:
    values: dict[str, Any] = {
        "level": "MUST",
        "summary": f"What {breaks} asks for.",
        "blast_radius": [],
        "inconclusive": 0,
    }
    return Kill(breaks=breaks, name=name, caught_by=list(caught_by), **(values | more))


def matrix_of(kills: list[Kill], findings: list[Finding] | None = None) -> KillMatrix:
    return KillMatrix(
        generator="bfdspec 9.9",
        command="bfdspec deviants",
        seed=1,
        started=datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC),
        duration_us=12_345_678,
        complete=True,
        kills=kills,
        cases=[CaseTally(id="5880-6.8.6-01", title="A case <b>", caught=1, accused=2)],
        findings=findings or [],
    )


def clean_matrix() -> KillMatrix:
    radius = [Accusation(case="5880-6.8.7-14", verdict=Verdict.FAIL, requirement="5880-6.8.7-r37")]
    return matrix_of(
        [
            kill("any version", "5880-6.8.6-01", "5880-6.8.6-02"),
            kill("version 0 alone", "5880-6.8.6-01", blast_radius=radius, inconclusive=3),
            kill("TTL 64", "5881-5-01", breaks="5881-5-r01"),
        ]
    )


def flawed_matrix(subject: str = "5880-6.8.6-r03 any version") -> KillMatrix:
    """With one finding of each kind."""
    findings = [Finding(flaw=flaw, subject=subject, words=f"why: {flaw} {subject}") for flaw in Flaw]
    return matrix_of([kill(subject)], findings)
