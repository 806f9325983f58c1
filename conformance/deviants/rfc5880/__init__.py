"""Deviants that break a requirement of RFC 5880, one file a section."""
