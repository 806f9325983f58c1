"""What the bytes of a UDP payload say beyond the fields of Control packets: the same words for every reader.

Lives here: padding, malformed Authentication Sections, and the fields of packets that Wireshark takes for something
else.
"""

import struct
from typing import Any

from captures.rows import Padding

MANDATORY = 24
"""Bytes of the Mandatory Section (RFC 5880 section 4.1)."""

LEAST_WITH_AUTHENTICATION = 28
"""The Length of a packet with the smallest Authentication Section that RFC 5880 section 4 draws."""

RESERVED_AT = MANDATORY + 3
"""Where the Reserved byte of the sections of MD5 and SHA1 is (RFC 5880 sections 4.3 and 4.4)."""

AUTHENTICATION_SIZES = {1: (4, 19), 2: (24, 24), 3: (24, 24), 4: (28, 28), 5: (28, 28)}
"""Least and most Auth Len by Auth Type (RFC 5880 sections 4.2 to 4.4)."""

SEQUENCED = (2, 3, 4, 5)
"""Auth Types with a Sequence Number."""

_UNKNOWN_SIZES = (2, 255)
_HEAD = struct.Struct(">4B5I")
_A_BIT = 0x04


def padding(payload: bytes, stated: int) -> Padding:
    """What lies between Length and the end of `stated` bytes, of which the capture has `payload`; 24 bytes or more.

    A Length that does not cover the Mandatory Section does not turn that into padding.
    """
    start = max(payload[3], MANDATORY)
    if stated <= start:
        return Padding.NONE
    if any(payload[start:]):
        return Padding.NONZERO
    return Padding.CUT if len(payload) < stated else Padding.ZERO


def authenticated(payload: bytes) -> bool:
    """Whether the A bit is set, in a version that has one."""
    return bool(payload[1] & _A_BIT) and payload[0] >> 5 > 0


def malformed(payload: bytes, stated: int) -> bool:
    """Whether the A bit promises an Authentication Section, and there is none that RFC 5880 sections 4.2 to 4.4 draw:
    no room for Auth Type and Auth Len, an Auth Len that its type does not have, or one that goes beyond the packet.

    `payload` is what the capture has of `stated` bytes, 24 or more. What the capture does not hold is not malformed.
    """
    if not authenticated(payload):
        return False
    length = payload[3]
    if min(length, stated) < MANDATORY + 2:
        return True
    if len(payload) < MANDATORY + 2:
        return False
    kind, size = payload[MANDATORY : MANDATORY + 2]
    least, most = AUTHENTICATION_SIZES.get(kind, _UNKNOWN_SIZES)
    return not least <= size <= most or MANDATORY + size > min(length, stated)


def plausible(payload: bytes, stated: int) -> bool:
    """Whether this looks like a Control packet: version 1, and a Length that UDP agrees with. A port that is only the
    source does not make one."""
    return len(payload) >= MANDATORY and payload[0] >> 5 == 1 and MANDATORY <= payload[3] == stated


def contents(payload: bytes) -> dict[str, Any]:
    """The fields of a Row from 24 bytes or more. The fields of an Authentication Section are there where it is there
    in full, as in Wireshark."""
    first, second, mult, length, *words = _HEAD.unpack_from(payload)
    section = payload[MANDATORY:]
    fits = (
        authenticated(payload)
        and length >= LEAST_WITH_AUTHENTICATION
        and len(section) >= 2
        and len(section) >= section[1]
    )
    sequenced = fits and section[0] in SEQUENCED and len(section) >= 8
    return {
        "version": first >> 5,
        "diag": first & 0x1F,
        "state": second >> 6,
        "poll": bool(second & 0x20),
        "final": bool(second & 0x10),
        "control_plane_independent": bool(second & 0x08),
        "authentication_present": bool(second & _A_BIT),
        "demand": bool(second & 0x02),
        "multipoint": bool(second & 0x01),
        "detect_mult": mult,
        "length": length,
        "my_discriminator": words[0],
        "your_discriminator": words[1],
        "desired_min_tx_interval_us": words[2],
        "required_min_rx_interval_us": words[3],
        "required_min_echo_rx_interval_us": words[4],
        "auth_type": section[0] if fits else None,
        "auth_length": section[1] if fits else None,
        "auth_key_id": section[2] if fits and len(section) >= 3 else None,
        "auth_sequence": int.from_bytes(section[4:8], "big") if sequenced else None,
        "auth_reserved": section[3] if sequenced else None,
    }
