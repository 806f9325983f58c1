"""Durations as people write them: an integer and a unit, us, ms or s. Inside, integer microseconds.

Intervals travel as 32 bits of microseconds (RFC 5880 section 4.1), which bounds every duration here.
"""

import re

_UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000}
_DURATION = re.compile(r"([0-9]+)(us|ms|s)", re.ASCII)

LONGEST_US = (1 << 32) - 1
"""The longest interval of a Control packet, microseconds."""


def parse_duration(text: object) -> int:
    """Microseconds of "300ms", "1s" or "50000us". Raises ValueError for anything else, a bare number included."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("not an integer with a unit")
    duration_us = int(match[1]) * _UNITS_US[match[2]]
    if duration_us > LONGEST_US:
        raise ValueError(f"longer than {LONGEST_US}us")
    return duration_us
