"""Names and numbers of RFC 5880 sections 4.1 and 8, RFC 5881 section 4 and RFC 5883 section 5."""

from enum import IntEnum

VERSION = 1
"""The protocol version of RFC 5880 section 4.1."""

MANDATORY_LENGTH = 24
"""Bytes of the Mandatory Section, the least Length with the A bit clear (RFC 5880 sections 4.1, 6.8.6)."""

MINIMUM_AUTHENTICATED_LENGTH = 26
"""The least Length with the A bit set (RFC 5880 section 6.8.6)."""

SLOW_INTERVAL_US = 1_000_000
"""The least bfd.DesiredMinTxInterval while the session is not Up, microseconds (RFC 5880 section 6.8.3)."""

SEDATE_RX_US = 1_000_000
"""The least bfd.RequiredMinRxInterval while the Echo function is active, microseconds (RFC 5880 section 6.8.3)."""

INITIAL_REMOTE_MIN_RX_US = 1
"""Initial bfd.RemoteMinRxInterval, microseconds (RFC 5880 section 6.8.1)."""

PORT_SINGLE_HOP = 3784
"""UDP destination port of single-hop Control packets (RFC 5881 section 4)."""

PORT_ECHO = 3785
"""UDP destination port of Echo packets (RFC 5881 section 4)."""

PORT_MULTI_HOP = 4784
"""UDP destination port of multihop Control packets (RFC 5883 section 5)."""

PORT_MICRO = 6784
"""UDP destination port of micro-BFD sessions on LAG members (RFC 7130 section 2.1)."""

PORT_SBFD_REFLECTOR = 7784
"""UDP destination port of S-BFD Control packets to a reflector (RFC 7881 section 3)."""

SOURCE_PORT_MIN = 49152
SOURCE_PORT_MAX = 65535
"""Range of the UDP source port of Control packets, inclusive (RFC 5881 section 4)."""

TTL_MAX = 255
"""TTL or Hop Limit of single-hop Control packets (RFC 5881 section 5)."""

DSCP_NETWORK_CONTROL = 48
"""The mark of network control traffic, CS6 (RFC 4594 section 3.1), that packets bear unless told otherwise."""


class State(IntEnum):
    """Session state, the Sta field (RFC 5880 section 4.1)."""

    ADMIN_DOWN = 0
    DOWN = 1
    INIT = 2
    UP = 3

    @property
    def label(self) -> str:
        """The RFC's own spelling: AdminDown, Down, Init, Up."""
        return _STATE_LABELS[self]


_STATE_LABELS = {State.ADMIN_DOWN: "AdminDown", State.DOWN: "Down", State.INIT: "Init", State.UP: "Up"}


class Diag(IntEnum):
    """Diagnostic code, the Diag field (RFC 5880 section 4.1). Values 9 to 31 are reserved and travel as plain ints."""

    NONE = 0
    CONTROL_DETECTION_TIME_EXPIRED = 1
    ECHO_FUNCTION_FAILED = 2
    NEIGHBOR_SIGNALED_SESSION_DOWN = 3
    FORWARDING_PLANE_RESET = 4
    PATH_DOWN = 5
    CONCATENATED_PATH_DOWN = 6
    ADMINISTRATIVELY_DOWN = 7
    REVERSE_CONCATENATED_PATH_DOWN = 8


class AuthType(IntEnum):
    """Authentication type (RFC 5880 section 4.1). 0 and 6 to 255 are reserved and travel as plain ints."""

    SIMPLE_PASSWORD = 1
    KEYED_MD5 = 2
    METICULOUS_KEYED_MD5 = 3
    KEYED_SHA1 = 4
    METICULOUS_KEYED_SHA1 = 5
