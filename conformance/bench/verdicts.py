"""How a case ends other than by PASS: exceptions that say what is known, in words, with the frames that prove it."""

from collections.abc import Sequence


class Violation(AssertionError):  # noqa: N818 - the field's word
    """The target did not do what `requirement` (an id of the catalogue) asks for.

    `expected` lists what the clause permits, `actual` what was seen; `frames` are numbers in the case's capture.
    """

    def __init__(self, requirement: str, expected: str, actual: str, frames: Sequence[int] = ()) -> None:
        super().__init__(f"{requirement}: expected {expected}; seen {actual}")
        self.requirement = requirement
        self.expected = expected
        self.actual = actual
        self.frames = tuple(frames)


class Inconclusive(Exception):  # noqa: N818
    """Nothing can be said about the target: the bench was late, or the target was not sane before the probe."""


class Unsupported(Exception):  # noqa: N818
    """The target lacks what the case needs; the message carries the evidence."""
