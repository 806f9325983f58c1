"""All packets of captures as CSV, a line each, in the order of the files."""

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, fields
from pathlib import Path

from captures.rows import Row
from captures.table import Chunk, to_packets
from reports.whole import blaming, draft


@contextmanager
def csv_writer(path: Path) -> Iterator[Callable[[Path, Chunk], None]]:
    """Something that appends the chunk of a capture to a file, which is `path` once all went well. Raises OSError."""
    with ExitStack() as stack:
        with blaming(path):
            stream = stack.enter_context(stack.enter_context(draft(path)).open("w", newline="", encoding="utf-8"))
        writer = csv.DictWriter(stream, ["file", *(field.name for field in fields(Row))])
        writer.writeheader()

        def write(capture: Path, chunk: Chunk) -> None:
            with blaming(path):
                writer.writerows({"file": str(capture), **asdict(packet)} for packet in to_packets(chunk))

        yield write
