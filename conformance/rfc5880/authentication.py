"""The five Auth Types as the cases see them: how to configure one, and which requirements say what about it.

RFC 5880 says the same four times in other words (sections 6.7.3 and 6.7.4, each for two types, with formats in 4.3 and
4.4), so one body of cases serves them all, and asks here for the requirement that it judges.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.bench.bench import Bench
from conformance.bench.packets import Seen
from conformance.bench.puppet import Puppet
from conformance.bench.signing import (
    KEYED_MD5,
    KEYED_SHA1,
    METICULOUS_KEYED_MD5,
    METICULOUS_KEYED_SHA1,
    SIMPLE_PASSWORD,
    Scheme,
    Seal,
    Signer,
)
from refimpl.wire.damage import Damage
from topologies.node import AuthSpec, Capability, Key

FIRST = Key(5, b"secret12")
"""Shorter than any digest, so that padding matters."""

SECOND = Key(9, b"another-secret")


@dataclass(frozen=True, slots=True)
class Kind:
    """An Auth Type, what a target needs for it, and its requirements by what they are about."""

    scheme: Scheme
    need: Capability
    requirements: Mapping[str, str]

    @property
    def label(self) -> str:
        """The RFC's name."""
        return self.scheme.label

    def spec(self, *keys: Key, send: Key = FIRST) -> AuthSpec:
        """Authentication with `keys` (the first key alone)."""
        return AuthSpec(int(self.scheme.auth_type), keys or (FIRST,), send.id)

    def __getitem__(self, what: str) -> str:
        return self.requirements[what]

    def about(self, *what: str) -> list[str]:
        """Several requirements."""
        return [self.requirements[each] for each in what]


def _named(section: str, **numbers: str) -> dict[str, str]:
    return {what: f"5880-{section}-{number}" for what, number in numbers.items()}


def _digest(section: str, *, meticulous: bool, accepts: str, discards_proof: str) -> dict[str, str]:
    """The requirements of 6.7.3 or 6.7.4, which are numbered alike but for the last ones."""
    common = _named(
        section,
        length="r04",
        key_id="r05",
        sequence="r06",
        padding="r08",
        whole_packet="r12",
        proof="r13",
        no_key="r14",
        discards_key_id="r22",
        discards_length="r23",
        circular="r28",
        known="r29",
        initial="r30",
        accepts=accepts,
        discards_proof=discards_proof,
    )
    if meticulous:
        own = _named(
            section, type="r03", every_packet="r18", discards_type="r21", discards_replay="r26", discards_jump="r27"
        )
    else:
        own = _named(
            section,
            type="r02",
            on_state="r16",
            on_contents="r17",
            discards_type="r20",
            discards_replay="r24",
            discards_jump="r25",
        )
    return common | own


_FORMAT_MD5 = _named("4.3", layout="r02", names_key="r03", several="r04", reserved="r05", ignores_reserved="r06")
_FORMAT_SHA1 = _named("4.4", layout="r01", names_key="r02", several="r03", reserved="r04", ignores_reserved="r05")

PASSWORD = Kind(
    SIMPLE_PASSWORD,
    Capability.AUTH_SIMPLE_PASSWORD,
    _named("4.2", layout="r01", names_key="r02", several="r03")
    | _named(
        "6.7.2",
        proof="r02",
        key_id="r03",
        type="r04",
        length="r05",
        size="r06",
        discards_type="r10",
        discards_key_id="r11",
        discards_length="r12",
        discards_proof="r13",
        accepts="r14",
    ),
)
MD5 = Kind(
    KEYED_MD5,
    Capability.AUTH_KEYED_MD5,
    _FORMAT_MD5 | _digest("6.7.3", meticulous=False, accepts="r31", discards_proof="r32"),
)
METICULOUS_MD5 = Kind(
    METICULOUS_KEYED_MD5,
    Capability.AUTH_METICULOUS_KEYED_MD5,
    _FORMAT_MD5 | _digest("6.7.3", meticulous=True, accepts="r31", discards_proof="r32"),
)
SHA1 = Kind(
    KEYED_SHA1,
    Capability.AUTH_KEYED_SHA1,
    _FORMAT_SHA1 | _digest("6.7.4", meticulous=False, accepts="r32", discards_proof="r33"),
)
METICULOUS_SHA1 = Kind(
    METICULOUS_KEYED_SHA1,
    Capability.AUTH_METICULOUS_KEYED_SHA1,
    _FORMAT_SHA1 | _digest("6.7.4", meticulous=True, accepts="r32", discards_proof="r33"),
)
KINDS = (PASSWORD, MD5, METICULOUS_MD5, SHA1, METICULOUS_SHA1)


SENT = ("type", "length", "layout", "reserved", "no_key", "padding", "whole_packet", "proof", "key_id")
DISCARDS = ("discards_type", "discards_key_id", "discards_length")
SEVERAL = ("names_key", "several")
WINDOWS = ("discards_replay", "discards_jump")
KNOWN = ("known", "initial")
"""What each body of cases judges, in the words of `Kind.requirements`."""


def signed(kind: Kind) -> Damage:
    """An Authentication Section on a packet of a puppet that does not sign."""
    signer = Signer(kind.scheme, FIRST.id, FIRST.secret, 1)
    return Damage(f"signed by {kind.label}", lambda payload: signer.sign(payload, Seal()))


def authenticated(bench: Bench, puppet: Puppet) -> list[Seen]:
    """The target's packets since the puppet's first one. Before that, 6.7.1 lets a system regard its authentication as
    configured, but not yet in use."""
    first = next((seen for seen in bench.log if seen.sent and seen.datagram.source == puppet.local), None)
    return [] if first is None else [seen for seen in bench.from_target(first) if puppet.is_from_target(seen)]
