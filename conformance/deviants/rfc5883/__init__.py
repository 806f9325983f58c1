"""Deviants that break a requirement of RFC 5883, one file a section."""
