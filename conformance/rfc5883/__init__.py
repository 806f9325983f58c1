"""RFC 5883, BFD for multihop paths: one file per section."""
