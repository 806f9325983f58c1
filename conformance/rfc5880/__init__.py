"""RFC 5880, Bidirectional Forwarding Detection: one file per section."""
