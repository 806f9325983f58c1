"""RFC 5881, BFD for IPv4 and IPv6 (single hop): one file per section."""
