"""The operator's face of the speaker: configuration file, daemon, log, control socket and its client.

Lives here: what an operator types and reads. Must not live here: protocol (`refimpl.core`), packets and timers
(`refimpl.runtime`). This package imports nothing by itself, so that `refbfdctl` starts at once.
"""
