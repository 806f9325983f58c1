"""Write a large capture of well-behaved BFD: handshakes, a Poll Sequence at each end, then packets with jitter.

    python benchmarks/capture_file.py FILE [--packets N] [--conversations C] [--format pcapng|pcap] [--seed S]

The same arguments give the same bytes. All is done by columns, so that ten million packets take seconds.
"""

import argparse
import struct
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FRAME = 66
"""Bytes: Ethernet, IPv4, UDP and a Control packet without authentication."""

START_NS = 1_700_000_000_000_000_000
SLOW_US, QUICK_US = 1_000_000, 50_000

_DOWN, _INIT, _UP = 1, 2, 3
_POLL, _FINAL = 0x20, 0x10
_MS = 1_000_000

# Time, sender, state, flags, whether the other's discriminator is known, Desired Min TX Interval
_HANDSHAKE = (
    (0, 0, _DOWN, 0, False, SLOW_US),
    (300 * _MS, 1, _DOWN, 0, False, SLOW_US),
    (800 * _MS, 0, _INIT, 0, True, SLOW_US),
    (1100 * _MS, 1, _UP, _POLL, True, QUICK_US),
    (1101 * _MS, 0, _UP, _FINAL, True, SLOW_US),
    (1600 * _MS, 0, _UP, _POLL, True, QUICK_US),
    (1601 * _MS, 1, _UP, _FINAL, True, QUICK_US),
)
_STEADY = ((1600 * _MS, 0, _UP, 0, True, QUICK_US), (1102 * _MS, 1, _UP, 0, True, QUICK_US))
_KINDS = (*_HANDSHAKE, *_STEADY)
"""What a conversation consists of: each of these once, the last two again and again."""

_WRITTEN_AT_ONCE = 1 << 19


def write(path: Path, *, packets: int, conversations: int, form: str = "pcapng", seed: int = 1) -> None:
    """Write a file of `packets` frames of 66 bytes in 1 to 65536 conversations, in the order of their times."""
    dice = np.random.default_rng(seed)
    times, which = _times(dice, packets, conversations)
    templates = _frames(dice, conversations)
    with path.open("wb") as file:
        file.write(_PCAPNG_HEADER if form == "pcapng" else _PCAP_HEADER)
        records = _pcapng_records if form == "pcapng" else _pcap_records
        for start in range(0, len(times), _WRITTEN_AT_ONCE):
            part = slice(start, start + _WRITTEN_AT_ONCE)
            file.write(records(START_NS + times[part], templates[which[part]]).data)


def _times(dice: np.random.Generator, packets: int, conversations: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When packets are sent, in nanoseconds, and which of all conversations' kinds each is; in order."""
    each = max(-(-packets // conversations) - len(_HANDSHAKE), 0)
    begins = dice.integers(0, 1000 * _MS, conversations)[:, None]
    numbers = np.arange(conversations)[:, None] * len(_KINDS)
    times = [begins + np.array([kind[0] for kind in _HANDSHAKE])]
    which = [numbers + np.arange(len(_HANDSHAKE))]
    for end, kind in enumerate(_STEADY):
        count = (each + 1 - end) // 2
        # RFC 5880 section 6.8.7: the interval less up to a quarter of it.
        intervals = dice.integers(QUICK_US * 750, QUICK_US * 1000, (conversations, count))
        times.append(begins + kind[0] + np.cumsum(intervals, axis=1))
        which.append(np.broadcast_to(numbers + len(_HANDSHAKE) + end, (conversations, count)))
    all_times = np.concatenate([part.ravel() for part in times])
    order = np.argsort(all_times, kind="stable")[:packets]
    return all_times[order], np.concatenate([part.ravel() for part in which])[order]


def _frames(dice: np.random.Generator, conversations: int) -> NDArray[np.uint8]:
    """A frame of each kind of each conversation."""
    frames = np.zeros((conversations, len(_KINDS), FRAME), np.uint8)
    number = np.arange(conversations)
    discriminators = 1 + dice.choice(2**31, (conversations, 2), replace=False)
    for kind, (_, sender, state, flags, known, transmit_us) in enumerate(_KINDS):
        frame = frames[:, kind]
        frame[:, 0:14] = list(bytes.fromhex(f"02000000000{1 - sender} 02000000000{sender} 0800"))
        frame[:, 14:26] = list(bytes.fromhex("45c00034 00000000 ff110000"))
        for position, end in ((26, sender), (30, 1 - sender)):
            address = np.stack((np.full(conversations, 10), number >> 8, number & 255, np.full(conversations, 1 + end)))
            frame[:, position : position + 4] = address.T
        frame[:, 24:26] = _checksums(frame[:, 14:34])
        _put(frame, 34, ">u2", 49152 + (number + sender) % 16384)
        frame[:, 36:42] = list(bytes.fromhex("0ec8 0020 0000"))
        frame[:, 42:46] = (1 << 5, state << 6 | flags, 3, 24)
        _put(frame, 46, ">u4", discriminators[:, sender])
        _put(frame, 50, ">u4", discriminators[:, 1 - sender] * known)
        _put(frame, 54, ">u4", np.full(conversations, transmit_us))
        _put(frame, 58, ">u4", np.full(conversations, QUICK_US))
    return frames.reshape(-1, FRAME)


def _put(frame: NDArray[np.uint8], at: int, code: str, values: NDArray[np.int64]) -> None:
    numbers = values.astype(code)
    frame[:, at : at + numbers.itemsize] = numbers.view(np.uint8).reshape(len(values), -1)


def _checksums(headers: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RFC 1071."""
    total = np.ascontiguousarray(headers).view(">u2").astype(np.int64).sum(axis=1)
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return (0xFFFF - total).astype(">u2").view(np.uint8).reshape(-1, 2)


_PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
_PCAPNG_HEADER = struct.pack(
    "<IIIHHqI IIHHIHH4sHHB3xII",
    *(0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28),
    *(1, 40, 1, 0, 0, 2, 4, b"eth0", 9, 1, 9, 0, 40),
)


def _pcap_records(times: NDArray[np.int64], frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    records = np.empty((len(times), 16 + FRAME), np.uint8)
    seconds, fraction = np.divmod(times, 10**9)
    size = np.full(len(times), FRAME)
    records[:, :16] = np.stack((seconds, fraction, size, size), axis=1).astype("<u4").view(np.uint8)
    records[:, 16:] = frames
    return records


def _pcapng_records(times: NDArray[np.int64], frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    padded = FRAME + -FRAME % 4
    records = np.zeros((len(times), 32 + padded), np.uint8)
    numbers = records.view("<u4")
    numbers[:, 0], numbers[:, 1], numbers[:, -1] = 6, records.shape[1], records.shape[1]
    numbers[:, 3], numbers[:, 4] = times >> 32, times & 0xFFFFFFFF
    numbers[:, 5] = numbers[:, 6] = FRAME
    records[:, 28 : 28 + FRAME] = frames
    return records


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--conversations", type=int, default=1_000)
    parser.add_argument("--format", choices=("pcapng", "pcap"), default="pcapng", dest="form")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if not 1 <= given.conversations <= 65536:
        parser.error(f"--conversations: {given.conversations}, allowed are 1 to 65536")
    if given.packets < 1:
        parser.error(f"--packets: {given.packets}, allowed is 1 or more")
    try:
        write(given.file, packets=given.packets, conversations=given.conversations, form=given.form, seed=given.seed)
    except OSError as error:
        parser.error(f"{given.file}: {error.strerror}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
