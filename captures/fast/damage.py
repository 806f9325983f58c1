"""Where a file cannot be read any further."""

CUT = "cut short in the middle of a packet"


class DamageError(Exception):
    """What comes next in a file makes no sense, or is not all there; what came before it was read. The message is one
    line."""
