"""Workers: each pair in a process of its own, and what is said when one cannot do its work."""

from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from interop.crew import work_through
from interop.pair import Assignment, Findings
from reports.model import Verdict
from topologies.errors import LabError


def assignment(number: int, scenario: str = "ipv4") -> Assignment:
    return Assignment(("refbfd", "refbfd"), (scenario,), "smoke", Path(), f"crew-{number}", 5)


def test_a_laboratory_that_does_not_come_up_is_found_out_for_each_pair() -> None:
    told = list(work_through([assignment(1), assignment(2)], [], jobs=2))
    findings = [said for _, said in told if isinstance(said, Findings)]
    assert sorted(each.run_id for each, said in told if isinstance(said, Findings)) == ["crew-1", "crew-2"]
    for each in findings:
        assert each.trouble
        assert [meeting.verdict for meeting in each.meetings] == [Verdict.INCONCLUSIVE]
        assert each.trouble in each.meetings[0].reason


def test_a_worker_that_breaks_is_not_silence() -> None:
    with pytest.raises(LabError, match="ended with 1 and without findings"):
        list(work_through([assignment(3, "nosuch")], [], jobs=1))
