"""Run to run: what is in one result that is not in another of the same kind.

Items are the same when their ids are. A failure is a FAIL or a WARN: a requirement that was not followed. A verdict
that says nothing (INCONCLUSIVE, UNSUPPORTED) neither fixes a failure nor makes one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from reports.document import Document, Made, Model
from reports.items import Item
from reports.model import Verdict
from reports.words import DEVIATIONS, Standing, count


class Change(StrEnum):
    """What became of an item."""

    NEW_FAILURE = "new failure"
    FIXED = "fixed"
    CHANGED = "changed verdict"
    APPEARED = "appeared"
    VANISHED = "vanished"


CHANGE_MEANINGS: dict[Change, str] = {
    Change.NEW_FAILURE: "fails, and did not before, or was not there, or broke another requirement or a lesser one",
    Change.FIXED: "failed, and passes",
    Change.CHANGED: "another verdict, neither a new failure nor a fix",
    Change.APPEARED: "was not there before, and does not fail",
    Change.VANISHED: "is not there any more",
}

_GRAVITY = {Verdict.FAIL: 2, Verdict.WARN: 1}
_GOOD = {Verdict.PASS, Verdict.PASS_ALTERNATIVE}


class Side(Model):
    """One of the two results."""

    subject: str
    started: datetime
    generator: str
    items: int
    page: str = Field(default="", description='path of its page, relative to the difference; "" where there is none')


class Found(Model):
    """What one of the two says about an item."""

    verdict: Verdict
    violated: str = ""
    reason: str = ""
    as_expected: bool = True
    anchor: str = ""


class Difference(Model):
    """An item about which the two do not say the same."""

    id: str
    title: str
    group: str
    requirements: list[str]
    change: Change
    before: Found | None
    after: Found | None


class Diff(Document):
    """Two results of one kind."""

    kind: Literal["diff"] = "diff"
    of: str = Field(description="the kind of the two")
    old: Side
    new: Side
    same: int = Field(description="number of items about which they say the same")
    differences: list[Difference]

    def found(self, change: Change) -> list[Difference]:
        """The differences of one sort."""
        return [difference for difference in self.differences if difference.change is change]


def diff(of: str, old: tuple[Side, Sequence[Item]], new: tuple[Side, Sequence[Item]], made: Made) -> Diff:
    """The differences between two results of the kind `of`, in the order of the newer one; what vanished comes last."""
    before, after = ({item.id: item for item in items} for _, items in (old, new))
    found = [_difference(before.get(name), item) for name, item in after.items()]
    found += [_difference(item, None) for name, item in before.items() if name not in after]
    differences = [each for each in found if each is not None]
    return Diff(
        generator=made.generator,
        command=made.command,
        started=made.started,
        of=of,
        old=old[0],
        new=new[0],
        same=len(found) - len(differences),
        differences=differences,
    )


def in_one_line(difference: Diff) -> str:
    """The outcome, for a terminal or a page."""
    counts = [(len(difference.found(change)), change) for change in Change]
    named = ", ".join(f"{number} {_plural(change, number)}" for number, change in counts if number)
    return f"{named or 'no difference'}; {count(difference.same, 'result')} the same"


def _plural(change: Change, number: int) -> str:
    return f"{change}s" if number != 1 and change in {Change.NEW_FAILURE, Change.CHANGED} else str(change)


def items(difference: Diff) -> Iterator[Item]:
    """The differences as items: a new failure is what nobody expected."""
    for each in difference.differences:
        found = each.after or each.before
        if found is None:
            continue
        deviates = found.verdict in DEVIATIONS or each.change is Change.VANISHED
        standing = Standing.KNOWN if deviates else Standing.ORDINARY
        was = each.before.verdict if each.before is not None else "not there"
        yield Item(
            id=each.id,
            title=each.title,
            group=each.change.capitalize(),
            place=f"diff.{each.change.replace(' ', '_')}",
            subject=difference.new.subject,
            verdict=found.verdict,
            standing=Standing.UNEXPECTED if each.change is Change.NEW_FAILURE else standing,
            reason=found.reason,
            excuse=f"{each.change}: {CHANGE_MEANINGS[each.change]}",
            requirements=tuple(each.requirements),
            violated=found.violated,
            story=(f"before: {was}", f"{each.change}: {CHANGE_MEANINGS[each.change]}"),
            anchor=each.id,
        )


def _difference(before: Item | None, after: Item | None) -> Difference | None:
    was, now = (_found(item) if item is not None else None for item in (before, after))
    change, item = _change(was, now), after or before
    if change is None or item is None:
        return None
    return Difference(
        id=item.id,
        title=item.title,
        group=item.group,
        requirements=list(item.requirements),
        change=change,
        before=was,
        after=now,
    )


def _found(item: Item) -> Found:
    return Found(
        verdict=item.verdict,
        violated=item.violated,
        reason=item.reason,
        as_expected=item.standing is not Standing.UNEXPECTED,
        anchor=item.anchor,
    )


def _change(before: Found | None, after: Found | None) -> Change | None:
    if after is None:
        return Change.VANISHED
    gravity = _GRAVITY.get(after.verdict, 0)
    if before is None:
        return Change.NEW_FAILURE if gravity else Change.APPEARED
    if gravity > _GRAVITY.get(before.verdict, 0) or (gravity and after.violated != before.violated):
        return Change.NEW_FAILURE
    if after.verdict is before.verdict:
        return None
    if before.verdict in _GRAVITY and after.verdict in _GOOD:
        return Change.FIXED
    return Change.CHANGED
