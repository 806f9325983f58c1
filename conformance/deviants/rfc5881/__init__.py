"""Deviants that break a requirement of RFC 5881, one file a section."""
