"""Intervals and times as pure functions (RFC 5880 sections 6.8.2, 6.8.4 and 6.8.7). Everything in integer
microseconds."""

from refimpl.core.variables import StateVariables

PARTS = 1_000_000
"""Jitter is counted in millionths of the interval."""


def transmit_interval(v: StateVariables) -> int:
    """The negotiated interval between periodic packets, before jitter: the slower of the two systems decides
    (6.8.7)."""
    return max(v.desired_min_tx_in_force_us, v.remote_min_rx_interval_us)


def jitter_bounds(detect_mult: int) -> tuple[int, int]:
    """Least and greatest reduction of an interval, in millionths: 0 to 25 %, or 10 to 25 % at Detect Mult 1 (6.8.7)."""
    return (100_000, 250_000) if detect_mult == 1 else (0, 250_000)


def jitter_range(interval_us: int, bounds: tuple[int, int]) -> tuple[int, int]:
    """Shortest and longest jittered interval, microseconds, rounded inwards so that no clause is missed by a part of
    one. Where no whole microsecond lies within the bounds (1 to 3 at Detect Mult 1), both are the next longer one."""
    least, greatest = bounds
    shortest = -(-interval_us * (PARTS - greatest) // PARTS)
    return shortest, max(shortest, interval_us * (PARTS - least) // PARTS)


def jittered(interval_us: int, bounds: tuple[int, int], draw: float) -> int:
    """An interval out of `jitter_range`; `draw` is uniform in [0, 1)."""
    shortest, longest = jitter_range(interval_us, bounds)
    return shortest + int((longest - shortest + 1) * draw)


def detection_time(v: StateVariables) -> int:
    """The Detection Time of Asynchronous mode (6.8.4), from the remote system's Detect Mult; 0 before the first
    packet."""
    return v.remote_detect_mult * max(v.required_min_rx_in_force_us, v.remote_desired_min_tx_interval_us)
