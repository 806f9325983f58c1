"""Equal records in a row, found at once: what most of a capture of BFD is."""

import numpy as np

from captures.fast.frames import Bytes

ENOUGH = 4
"""Records of the same size after which it pays to look for more."""


def run(buffer: Bytes, at: int, stride: int, code: str, most: int) -> int:
    """How many records of `stride` bytes in a row have the same number of numpy type `code` as the one at `at`; at
    most `most`, which the buffer must hold."""
    numbers = np.ndarray((most,), code, buffer, at, (stride,))
    same = numbers == numbers[0]
    return most if same.all() else int(same.argmin())
