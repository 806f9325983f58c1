"""What a container hands to the decoder: where many frames lie in one buffer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SLACK = 64
"""Bytes that can be read behind the end of every frame, whatever they hold: so nobody asks before a look at a header
whether all of it is there, but afterwards."""

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface of a capture: its link type (LINKTYPE_ of www.tcpdump.org/linktypes.html), and its name or ""."""

    link_type: int
    name: str


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames in file order: frame `first` + i has `captured[i]` bytes at `offsets[i]` of `buffer`, was seen at
    `time_ns[i]` (nanoseconds since the Unix epoch) on interface `interfaces[interface[i]]`; `interfaces` only grows.
    The buffer has SLACK bytes more, and is used again after the next frames were asked for."""

    buffer: Bytes
    first: int
    offsets: Integers
    captured: Integers
    time_ns: Integers
    interface: Integers
    interfaces: Sequence[Interface]


def records(buffer: Bytes, at: Integers, kind: "np.dtype[Any]") -> NDArray[Any]:
    """The records of a structured type that lie at the positions `at`, aligned or not."""
    size = kind.itemsize
    # As lumps of bytes, for numpy would copy a structure field by field.
    return np.ndarray((len(buffer) - size + 1,), f"V{size}", buffer, 0, (1,))[at].view(kind)


def words(buffer: Bytes, at: Integers, code: str) -> NDArray[Any]:
    """The numbers of numpy type `code` (such as ">u2") that lie at the positions `at`, aligned or not."""
    kind = np.dtype(code)
    return np.ndarray((len(buffer) - kind.itemsize + 1,), kind, buffer, 0, (1,))[at]
