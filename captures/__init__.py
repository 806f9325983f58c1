"""The independent witness: record frames, read captures, judge rows.

Lives here: the recorder, the readers (our own, and Wireshark's dissector through tshark and pyshark), rows, and checks
that are pure functions on rows. Imports nothing of the speaker: a bug that the speaker and its tester share would still
be seen here.
"""
