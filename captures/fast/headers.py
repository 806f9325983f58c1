"""Headers as they lie on the wire: IPv4 (RFC 791), IPv6 (RFC 8200), UDP (RFC 768)."""

import numpy as np

IPV4 = np.dtype(
    [
        ("version_and_size", "u1"),
        ("service", "u1"),
        ("length", ">u2"),
        ("identification", ">u2"),
        ("fragment", ">u2"),
        ("ttl", "u1"),
        ("protocol", "u1"),
        ("checksum", ">u2"),
        ("source", "<u4"),  # to be copied, not to be counted with
        ("destination", "<u4"),
    ]
)
IPV6 = np.dtype(
    [
        ("version_and_class", "u1"),
        ("flow", "u1", 3),
        ("length", ">u2"),
        ("next_header", "u1"),
        ("hop_limit", "u1"),
        ("source", "<u4", 4),
        ("destination", "<u4", 4),
    ]
)
UDP = np.dtype([("source", ">u2"), ("destination", ">u2"), ("length", ">u2"), ("checksum", ">u2")])
