"""A document of each kind."""

from datetime import UTC, datetime

from sample_diff import before_and_after, diff_of
from sample_interop import sample_interop
from sample_matrix import flawed_matrix
from sample_run import passing_run, sample_run
from sample_verification import sample_verification

from reports.comparison import compare
from reports.document import Document, Made

MADE = Made(generator="bfdspec 9.9", command="bfdspec report", started=datetime(2026, 3, 15, tzinfo=UTC))


def of_each_kind() -> dict[str, Document]:
    """By the name of the kind; each has results of all standings that its kind knows."""
    documents: list[Document] = [
        sample_run(),
        sample_interop(),
        flawed_matrix(),
        sample_verification(),
        compare([sample_run(), passing_run()], ["", ""], MADE),
        diff_of(*before_and_after(), MADE),
    ]
    return {document.kind: document for document in documents}
