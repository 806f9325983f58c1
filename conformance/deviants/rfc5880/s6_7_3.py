"""Keyed digests (RFC 5880 sections 6.7.3 and 6.7.4), and the variables behind their Sequence Numbers (6.8.1).

The two sections are alike, and so are the speakers that break them: a table of what is broken, and the number that each
section has for it.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_auth import (
    CIRCLE,
    LENGTH,
    TYPE,
    Amnesic,
    Erratic,
    FinalsUncounted,
    FromZero,
    Frozen,
    Misremembering,
    OnStateAlone,
    Prejudiced,
    Stuck,
    Unforgetting,
    begin,
    leaving,
    receiving,
    setting_byte,
    window,
    with_authenticator,
    with_key_id,
    with_proof,
)
from refimpl.core.auth.config import AuthConfig
from refimpl.core.constants import MANDATORY_LENGTH, AuthType
from refimpl.core.outputs import DiscardReason
from refimpl.core.session import Session

HALF = CIRCLE // 2


def digesting(data: Callable[[bytes, bytes], bytes]) -> type[Session]:
    """Sessions that digest other bytes; `data` gets the packet as far as the digest's field, and the key."""

    def proof(config: AuthConfig, payload: bytes) -> bytes:
        size = config.mechanism.proof_bytes
        if size is None:
            return config.send_key
        algorithm = {16: "md5", 20: "sha1"}[size]
        return hashlib.new(algorithm, data(payload[: begin(config)], config.send_key), usedforsecurity=False).digest()

    return with_proof(proof)


def padded(config: AuthConfig, _payload: bytes) -> bytes:
    """The key itself, in the digest's place."""
    return config.send_key.ljust(config.mechanism.proof_bytes or 0, b"\0")


def spread(sequence: int, last: int) -> int:
    """How far ahead a number is, negative where it is behind."""
    return (sequence - last + HALF) % CIRCLE - HALF


NEVER_BEHIND = window(lambda sequence, last, size: spread(sequence, last) > size)
NEVER_AHEAD = window(lambda sequence, last, size: spread(sequence, last) < 0)
NEVER_FAR_AHEAD = window(lambda sequence, last, size: spread(sequence, last) <= 0)
EQUAL_TOO = window(lambda sequence, last, size: not 0 <= spread(sequence, last) <= size)
NOT_CIRCULAR = window(lambda sequence, last, size: not last <= sequence <= last + size)

COMMON: dict[str, tuple[str, dict[str, Any]]] = {
    "r04": ("Auth Len one too large", {"flaws": leaving(setting_byte(LENGTH, lambda own: own + 1))}),
    "r05": ("key ID always 1", {"session": with_key_id(lambda _: 1)}),
    "r06": ("Sequence Numbers anywhere", {"session": with_authenticator(Erratic)}),
    "r08": ("key not padded", {"session": digesting(lambda packet, key: packet + key)}),
    "r12": ("Mandatory Section digested alone", {"session": digesting(lambda packet, key: packet[:MANDATORY_LENGTH])}),
    "r13": ("no digest", {"session": with_proof(lambda config, _: bytes(config.mechanism.proof_bytes or 1))}),
    "r14": ("the key itself", {"session": with_proof(padded)}),
    "r16": ("number never moves on", {"session": with_authenticator(Frozen)}),
    "r17": ("number moves on with the state alone", {"session": with_authenticator(OnStateAlone)}),
    "r18": ("answers to Polls uncounted", {"session": with_authenticator(FinalsUncounted)}),
    "r20": ("any Auth Type", {"procedures": receiving(without=DiscardReason.AUTHENTICATION_TYPE)}),
    "r21": ("any Auth Type", {"procedures": receiving(without=DiscardReason.AUTHENTICATION_TYPE)}),
    "r22": ("any key ID", {"procedures": receiving(without=DiscardReason.AUTHENTICATION_KEY_ID)}),
    "r23": ("any Auth Len", {"procedures": receiving(without=DiscardReason.AUTHENTICATION_LENGTH)}),
    "r24": ("numbers of before", {"procedures": NEVER_BEHIND}),
    "r25": ("numbers far ahead", {"procedures": NEVER_AHEAD}),
    "r26": ("the last number again", {"procedures": EQUAL_TOO}),
    "r27": ("numbers far ahead", {"procedures": NEVER_FAR_AHEAD}),
    "r28": ("window ends at the wrap", {"procedures": NOT_CIRCULAR}),
    "r29": ("number never known", {"session": with_authenticator(Amnesic)}),
    "r30": ("another first number", {"session": with_authenticator(Misremembering)}),
}
"""Requirement of both sections -> name, and what the deviant is made of."""

NOTHING = receiving(also=lambda claim: True)
ANY_DIGEST = receiving(without=DiscardReason.AUTHENTICATION_PROOF)


def another_type(kind: AuthType, sent: AuthType) -> dict[str, Any]:
    """Sessions of one type that send another one's number."""
    return {"flaws": leaving(setting_byte(TYPE, lambda _: sent), types=(kind,))}


DEVIANTS = (
    *(
        Deviant(f"5880-{section}-{number}", name, **parts)
        for section in ("6.7.3", "6.7.4")
        for number, (name, parts) in COMMON.items()
    ),
    Deviant("5880-6.7.3-r02", "Auth Type 3", **another_type(AuthType.KEYED_MD5, AuthType.METICULOUS_KEYED_MD5)),
    Deviant("5880-6.7.3-r03", "Auth Type 2", **another_type(AuthType.METICULOUS_KEYED_MD5, AuthType.KEYED_MD5)),
    Deviant("5880-6.7.4-r02", "Auth Type 5", **another_type(AuthType.KEYED_SHA1, AuthType.METICULOUS_KEYED_SHA1)),
    Deviant("5880-6.7.4-r03", "Auth Type 4", **another_type(AuthType.METICULOUS_KEYED_SHA1, AuthType.KEYED_SHA1)),
    Deviant("5880-6.7.3-r31", "nothing is authentic", NOTHING),
    Deviant("5880-6.7.3-r32", "any digest", ANY_DIGEST),
    Deviant("5880-6.7.4-r32", "nothing is authentic", NOTHING),
    Deviant("5880-6.7.4-r33", "any digest", ANY_DIGEST),
    Deviant("5880-6.8.1-r19", "window stays where it began", session=with_authenticator(Stuck)),
    Deviant("5880-6.8.1-r21", "numbers begin with zero", session=with_authenticator(FromZero)),
    Deviant("5880-6.8.1-r22", "number known from the start", session=Prejudiced),
    Deviant("5880-6.8.1-r23", "number never forgotten", session=Unforgetting),
)
