"""The log of `refbfd`: stdlib logging to standard error, as text for people or one JSON object a line.

A record's structured part travels as `extra={"fields": {...}}`, made by `refimpl.core.trace` where it is about a
session's output. Must not live here: what is worth logging (`system`, `daemon`).
"""

import json
import logging
import sys
from datetime import UTC, datetime

LOGGER = logging.getLogger("refbfd")


def set_up(level: str, form: str) -> None:
    """Log from `level` (debug, info, warning, error) on, in `form` (text, json)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATTERS[form]())
    LOGGER.handlers = [handler]
    LOGGER.propagate = False
    LOGGER.setLevel(level.upper())


class TextFormatter(logging.Formatter):
    """Time, level, message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return f"{wall_clock(record.created)} {record.levelname:7} {record.getMessage()}"


class JsonFormatter(logging.Formatter):
    """Time, level, message and the record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        head = {
            "time": wall_clock(record.created),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        return json.dumps(head | getattr(record, "fields", {}))


FORMATTERS: dict[str, type[logging.Formatter]] = {"text": TextFormatter, "json": JsonFormatter}


def wall_clock(seconds: float) -> str:
    """A moment in UTC to the microsecond, ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
