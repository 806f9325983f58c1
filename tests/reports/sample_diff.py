"""Two runs between which everything happens that can, and differences made as the command makes them."""

from sample_run import case, sample_run

from reports import kinds
from reports.diff import Diff, Side, diff
from reports.document import Document, Made
from reports.items import Item
from reports.model import Run, Verdict

_BROKEN = {"verdict": Verdict.FAIL, "violated": "5880-6.8.6-r01", "actual": "it was absorbed", "as_expected": False}
_MENDED = {"verdict": Verdict.PASS, "violated": "", "actual": "", "as_expected": True}


def before_and_after() -> tuple[Run, Run]:
    """5880-6.8.6-01 is broken, -04 mended; 5880-6.8.3-05 is no longer INCONCLUSIVE; one is new, one is gone."""
    old = sample_run()
    became = {"5880-6.8.6-01": _BROKEN, "5880-6.8.6-04": _MENDED, "5880-6.8.3-05": _MENDED}
    results = [each.model_copy(update=became.get(each.id, {})) for each in old.results if each.id != "5881-5-02"]
    new = case("5880-6.8.6-90", "A new case", Verdict.PASS)
    return old, old.model_copy(update={"results": [*results, new]})


def diff_of(old: Document, new: Document, made: Made) -> Diff:
    """As the command makes it, without links."""
    return diff(old.kind, _side(old), _side(new), made)


def _side(document: Document) -> tuple[Side, list[Item]]:
    kind = kinds.of(document)
    items = list(kind.items(document))
    subject = kind.subject(document)
    return Side(subject=subject, started=document.started, generator=document.generator, items=len(items)), items
