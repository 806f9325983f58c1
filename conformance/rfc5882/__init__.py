"""RFC 5882, generic application of BFD: one file per section."""
