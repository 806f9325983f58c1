"""Authentication of Control packets (RFC 5880 section 6.7): Simple Password, and the four keyed digests.

Lives here: what an operator configures (`config`), the five mechanisms as a table (`mechanisms`), the rules of receipt
as ordered rows (`reception`), signing (`transmission`), and what a session holds of it all (`authenticator`).

Must not live here: where keys come from (`refimpl.service`), and the encoding of packets: bytes come with the received
packet (`Meta.payload`) or from the encoder that the session was given. No key may enter a repr, an output or an
exception.
"""
