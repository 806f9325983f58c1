"""Formats of the Authentication Section (RFC 5880 sections 4.1 to 4.4)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_auth import (
    LENGTH,
    MD5,
    RESERVED,
    SHA1,
    TYPE,
    leaving,
    other_key_id,
    receiving,
    setting_byte,
    with_key_id,
    with_section,
)
from refimpl.core.auth.mechanisms import key_id

ONE_KEY = receiving(also=lambda claim: key_id(claim.section) != claim.config.send_key_id)
"""Only the key that is sent with is accepted."""

RESERVED_ZERO = receiving(also=lambda claim: claim.section.data[1:2] != b"\0")
NAMES_ANOTHER = with_key_id(other_key_id)

DEVIANTS = (
    Deviant("5880-4.1-r03", "four bytes ahead of the section", flaws=leaving(with_section(lambda s: bytes(4) + s))),
    Deviant(
        "5880-4.1-r03",
        "Auth Type and Auth Len in each other's place",
        flaws=leaving(with_section(lambda s: s[1::-1] + s[2:])),
    ),
    Deviant("5880-4.1-r07", "A bit without a section", flaws=leaving(with_section(lambda s: b""))),
    Deviant("5880-4.1-r13", "another Auth Type", flaws=leaving(setting_byte(TYPE, lambda kind: kind % 5 + 1))),
    Deviant("5880-4.1-r14", "Auth Type 6", flaws=leaving(setting_byte(TYPE, lambda _: 6))),
    Deviant("5880-4.1-r15", "Auth Len of the data alone", flaws=leaving(setting_byte(LENGTH, lambda own: own - 2))),
    Deviant(
        "5880-4.2-r01",
        "password padded",
        flaws=leaving(with_section(lambda s: bytes([1, 19]) + s[2:].ljust(17, b"\0")), types=(1,)),
    ),
    Deviant("5880-4.2-r02", "key ID of another password", session=NAMES_ANOTHER),
    Deviant("5880-4.2-r03", "one password at a time", ONE_KEY),
    Deviant("5880-4.3-r02", "digest cut short", flaws=leaving(with_section(lambda s: s[:-4]), types=MD5)),
    Deviant("5880-4.3-r03", "key ID of another key", session=NAMES_ANOTHER),
    Deviant("5880-4.3-r04", "one key at a time", ONE_KEY),
    Deviant("5880-4.3-r05", "Reserved 1", flaws=leaving(setting_byte(RESERVED, lambda _: 1), types=MD5)),
    Deviant("5880-4.3-r06", "Reserved has to be zero", RESERVED_ZERO),
    Deviant("5880-4.4-r01", "digest cut short", flaws=leaving(with_section(lambda s: s[:-4]), types=SHA1)),
    Deviant("5880-4.4-r02", "key ID of another key", session=NAMES_ANOTHER),
    Deviant("5880-4.4-r03", "one key at a time", ONE_KEY),
    Deviant("5880-4.4-r04", "Reserved 1", flaws=leaving(setting_byte(RESERVED, lambda _: 1), types=SHA1)),
    Deviant("5880-4.4-r05", "Reserved has to be zero", RESERVED_ZERO),
)
