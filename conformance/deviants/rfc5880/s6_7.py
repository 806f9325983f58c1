"""Authentication (RFC 5880 sections 6.7 to 6.7.2, 6.8.6, 6.8.7 and 9) but for the keyed digests."""

from collections.abc import Mapping
from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_auth import (
    LENGTH,
    TYPE,
    Credulous,
    Fickle,
    Heedless,
    SwitchedOff,
    SwitchedOn,
    leaving,
    only_if_unsigned,
    receiving,
    setting_byte,
    with_authenticator,
    with_key_id,
    with_proof,
    with_section,
)
from conformance.deviants.patches_links import with_profile
from conformance.targets.reference import ReferenceNode
from refimpl.core.constants import MANDATORY_LENGTH, AuthType
from refimpl.core.outputs import DiscardReason
from refimpl.core.session import Session
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.frames import Datagram
from topologies.node import Capability, NodeError, SessionSpec

PASSWORD = (AuthType.SIMPLE_PASSWORD,)
EVERYTHING = receiving(also=lambda claim: True)


def refusing(*kinds: AuthType) -> type[ReferenceNode]:
    """A node without these Auth Types."""

    class Refusing(ReferenceNode):
        lacks: Mapping[Capability, str] = {Capability(f"auth_{kind.name.lower()}"): "left out" for kind in kinds}

        def add_session(self, spec: SessionSpec) -> None:
            if spec.auth is not None and spec.auth.type in kinds:
                raise NodeError("unknown authentication type")
            super().add_session(spec)

        def check_lack(self, capability: Capability, spec: SessionSpec) -> str:
            return f"{capability}: unknown authentication type"

    return Refusing


def decorated(session: Session, datagram: Datagram) -> list[Datagram]:
    """An empty password on sessions without authentication."""
    if session.config.auth is not None:
        return [datagram]
    head = bytes([datagram.payload[0], datagram.payload[1] | 0x04, datagram.payload[2], MANDATORY_LENGTH + 4])
    section = bytes([AuthType.SIMPLE_PASSWORD, 4, 0, 0])
    return [replace(datagram, payload=head + datagram.payload[4:] + section)]


DEVIANTS = (
    Deviant("5880-6.7-r02", "authentic packets obeyed unseen", only_if_unsigned()),
    Deviant("5880-6.7-r03", "no Keyed SHA1", node=refusing(AuthType.KEYED_SHA1)),
    Deviant("5880-6.7-r04", "no Meticulous Keyed SHA1", node=refusing(AuthType.METICULOUS_KEYED_SHA1)),
    Deviant("5880-6.7.1-r04", "switched by every packet", session=Fickle),
    Deviant("5880-6.7.1-r05", "switched off by a packet", session=SwitchedOff),
    Deviant("5880-6.7.1-r05", "switched on by a packet", session=SwitchedOn),
    Deviant("5880-6.7.2-r02", "another password", session=with_proof(lambda config, _: bytes(len(config.send_key)))),
    Deviant("5880-6.7.2-r03", "key ID always 1", session=with_key_id(lambda _: 1)),
    Deviant("5880-6.7.2-r04", "Auth Type 2", flaws=leaving(setting_byte(TYPE, lambda _: 2), types=PASSWORD)),
    Deviant("5880-6.7.2-r05", "Auth Len 19", flaws=leaving(setting_byte(LENGTH, lambda _: 19), types=PASSWORD)),
    Deviant(
        "5880-6.7.2-r06",
        "a password of 20 bytes",
        flaws=leaving(with_section(lambda s: bytes([1, 23, s[2]]) + s[3:].ljust(20, b"x")), types=PASSWORD),
    ),
    Deviant("5880-6.7.2-r10", "any Auth Type", receiving(without=DiscardReason.AUTHENTICATION_TYPE)),
    Deviant("5880-6.7.2-r11", "any key ID", receiving(without=DiscardReason.AUTHENTICATION_KEY_ID)),
    Deviant("5880-6.7.2-r12", "any Auth Len", receiving(without=DiscardReason.AUTHENTICATION_LENGTH)),
    Deviant("5880-6.7.2-r13", "any password", receiving(without=DiscardReason.AUTHENTICATION_PROOF)),
    Deviant("5880-6.7.2-r14", "nothing is authentic", EVERYTHING),
    Deviant("5880-6.8.6-r17", "unauthenticated packets obeyed", session=Credulous),
    Deviant("5880-6.8.6-r18", "judged, and obeyed all the same", session=with_authenticator(Heedless)),
    Deviant("5880-6.8.7-r31", "section without A bit", flaws=leaving(setting_byte(1, lambda flags: flags & ~0x04))),
    Deviant("5880-6.8.7-r43", "an empty section", flaws=leaving(with_section(lambda s: bytes([s[0], 2])))),
    Deviant("5880-6.8.7-r44", "a section without authentication", flaws=EngineFlaws(outgoing=decorated)),
    Deviant("5880-9-r02", "TTL not looked at", profiles=with_profile("single_hop", rows=())),
)
