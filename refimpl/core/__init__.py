"""The protocol of RFC 5880 as data and pure procedures.

Lives here: constants, the packet as values (4.1), state variables (6.8.1), the state machine (6.2), timing (6.8.2 to
6.8.4, 6.8.7), Poll Sequences (6.5), Echo (6.4), reception (6.8.6), authentication (6.7), transmission (6.8.7),
demultiplexing (6.3), the session that composes them.

Must not live here: a clock, a socket, a logger, a thread, bytes on the wire, anything outside the standard library.
`now` is always an argument (integer microseconds on any monotonic scale), and so is the random generator.
"""
