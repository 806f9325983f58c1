"""All packets of captures as CSV, a line each, in the order of the files."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path

from captures.rows import Row
from captures.table import Chunk, to_packets


@contextmanager
def csv_writer(path: Path) -> Iterator[Callable[[Path, Chunk], None]]:
    """Something that appends the chunk of a capture to a new file `path`. Raises OSError."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["file", *(field.name for field in fields(Row))])
        writer.writeheader()

        def write(capture: Path, chunk: Chunk) -> None:
            writer.writerows({"file": str(capture), **asdict(packet)} for packet in to_packets(chunk))

        yield write
