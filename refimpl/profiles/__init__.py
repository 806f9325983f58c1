"""Application RFCs, one a file: each is a `Profile` value made of a port, extra discard rows and the selection of a
session.

Must not live here: anything of RFC 5880 itself (`refimpl.core`), sockets, clocks.
"""
