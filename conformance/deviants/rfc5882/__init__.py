"""Deviants that break a requirement of RFC 5882, one file a section."""
