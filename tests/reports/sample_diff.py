"""Differences between results: every change, and none."""

from sample_run import case, run_of, sample_run

from reports import kinds
from reports.diff import Diff, Side, diff
from reports.document import Document, Made
from reports.model import Run, Verdict


def before_and_after() -> tuple[Run, Run]:
    """Two runs between which everything happens that can."""
    new = run_of([case(f"5880-6.8.6-9{number}", "A case", verdict) for number, verdict in enumerate((Verdict.PASS,))])
    old = sample_run()
    became = {
        "5880-6.8.6-01": {
            "verdict": Verdict.FAIL,
            "violated": "5880-6.8.6-r01",
            "actual": "it was absorbed",
            "as_expected": False,
        },
        "5880-6.8.6-04": {"verdict": Verdict.PASS, "violated": "", "as_expected": True},
        "5880-6.8.3-05": {"verdict": Verdict.PASS, "as_expected": True},
    }
    results = [
        result.model_copy(update=became.get(result.id, {})) for result in old.results if result.id != "5881-5-02"
    ]
    return old, old.model_copy(update={"results": [*results, *new.results]})


def diff_of(old: Document, new: Document, made: Made) -> Diff:
    """As the command makes it."""
    kind = kinds.of(old)
    sides = [
        (
            Side(subject=kind.subject(each), started=each.started, generator=each.generator, items=1),
            list(kind.items(each)),
        )
        for each in (old, new)
    ]
    return diff(old.kind, sides[0], sides[1], made)
