"""RFC 5880 sections 6.7.2 to 6.7.4, Reception, with the formats of 4.2 to 4.4: what has to be accepted, and what has to
be discarded by a session with authentication. Sequence Numbers have a file of their own.

Each flawed packet would be obeyed (it polls and signals Down) but for its Authentication Section; see `probes`.
"""

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.match import control
from conformance.bench.probes import Probe, must_accept, must_discard_each
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh, sane_after, stays_up
from conformance.bench.signing import SCHEMES, Seal, has_proof, read
from conformance.rfc5880.authentication import (
    FIRST,
    PASSWORD,
    SECOND,
    Kind,
    authenticated,
)
from refimpl.core.constants import State
from refimpl.wire import damage

SECOND_US = 1_000_000


def authentic_packets_are_accepted(bench: Bench, kind: Kind) -> None:
    """Packets that are authentic bring the session Up and keep it there."""
    puppet = fresh(bench, auth=kind.spec())
    down = bench.send(puppet)
    bench.expect(control(state=State.INIT), within_us=SLOW_WAIT_US, after=down, puppet=puppet)
    puppet.state = State.UP
    up = bench.send(puppet, poll=True)
    bench.start_keepalives(puppet)
    came = bench.expect(control(state=State.UP), within_us=SLOW_WAIT_US, after=up, puppet=puppet)
    bench.elapse(3 * SECOND_US)
    stays_up(bench, puppet, came, because="authentic packets were received all the time")


def reserved_is_ignored(bench: Bench, kind: Kind) -> None:
    """The Reserved byte may have any value, as long as the digest is right."""
    puppet = establish(bench, auth=kind.spec())
    for value in (0x01, 0xFF):
        seal = Seal(ahead=1, reserved=value)
        must_accept(bench, puppet, f"with Reserved {value}", kind["ignores_reserved"], seal)
    sane_after(bench, puppet)


def wrong_headers_are_discarded(bench: Bench, kind: Kind) -> None:
    """A packet with another Auth Type, an unknown key ID or a wrong Auth Len is discarded."""
    puppet = establish(bench, auth=kind.spec())
    right = kind.scheme.auth_len(FIRST.secret)
    must_discard_each(bench, puppet, wrong_types(kind), kind["discards_type"])
    must_discard_each(bench, puppet, UNKNOWN_KEY_IDS, kind["discards_key_id"])
    lengths = dict.fromkeys((right - 1, right + 1, 2, 0, 255))
    wrong = [Probe(f"Auth Len {length}", Seal(auth_len=length)) for length in lengths]
    if kind is PASSWORD:
        wrong += WRONG_PASSWORD_LENGTHS
    must_discard_each(bench, puppet, wrong, kind["discards_length"])
    sane_after(bench, puppet)


def wrong_types(kind: Kind) -> list[Probe]:
    """Packets of each other type, authentic by that type's own rules, and such of this type with another number."""
    others = [scheme for scheme in SCHEMES.values() if scheme is not kind.scheme]
    whole = [Probe(f"authentic by {scheme.label}", Seal(scheme=scheme)) for scheme in others]
    written = [0, *(int(scheme.auth_type) for scheme in others), 6, 255]
    return whole + [Probe(f"Auth Type {number}", Seal(auth_type=number)) for number in written]


UNKNOWN_KEY_IDS = [
    Probe(f"unknown key ID {key_id}, {with_what}", Seal(key_id=key_id, key=key))
    for key_id in (0, FIRST.id + 1, 255)
    for with_what, key in (("with the right key", None), ("with an empty key", b""))
]

WRONG_PASSWORD_LENGTHS = [
    Probe(f"{len(password)} bytes of password", Seal(key=password))
    for password in (FIRST.secret[:-1], FIRST.secret + b"\0", FIRST.secret + b"3", b"")
]
"""With the right Auth Len for what they carry."""


def wrong_proofs_are_discarded(bench: Bench, kind: Kind) -> None:
    """A packet with another key, or with a bit flipped under its digest, is discarded."""
    puppet = establish(bench, auth=kind.spec())
    probes = WRONG_PASSWORDS if kind is PASSWORD else WRONG_KEYS + flipped_bits(kind)
    must_discard_each(bench, puppet, probes, kind["discards_proof"])
    sane_after(bench, puppet)


WRONG_PASSWORDS = [
    Probe(what, Seal(key=password))
    for what, password in (
        ("another password", b"secret13"),
        ("a password wrong in its first byte", b"Secret12"),
        ("a password of zeros", bytes(len(FIRST.secret))),
        ("a password cut short by a zero byte", b"secret\x0012"[: len(FIRST.secret)]),
    )
]
"""As long as the right one."""

WRONG_KEYS = [
    Probe(what, Seal(key=key))
    for what, key in (
        ("another key", b"secret13"),
        ("no key", b""),
        ("a longer key", FIRST.secret + b"3"),
        ("a shorter key", FIRST.secret[:-1]),
    )
]

FIELDS_UNDER_THE_DIGEST = {
    "Diag": 7,
    "State": 9,
    "Final": 11,
    "C": 12,
    "Demand": 14,
    "Detect Mult": 16,
    "My Discriminator": 63,
    "Desired Min TX Interval": 127,
    "Required Min RX Interval": 159,
    "Required Min Echo RX Interval": 191,
    "Reserved": 223,
    "Sequence Number": 255,
}
"""The bit of each field that is flipped, counted as in the RFC's figure. Fields by which 6.8.6 or another step of 6.7
would discard the packet as well prove nothing about the digest, and are left out: Version, A, Multipoint, Length, Your
Discriminator, Auth Type, Auth Len, Auth Key ID. Poll is left out, as a packet without it gets no answer."""


def flipped_bits(kind: Kind) -> list[Probe]:
    """Authentic packets with one bit flipped on their way. The Sequence Number, three ahead, stays in the window."""
    digest = kind.scheme.proof_offset * 8
    bits = FIELDS_UNDER_THE_DIGEST | {
        "Digest, first": digest,
        "Digest, last": digest + 8 * kind.scheme.digest_bytes - 1,
    }
    return [Probe(f"a bit of {name} flipped", Seal(ahead=3), damage.flip(bit)) for name, bit in bits.items()]


def several_keys(bench: Bench, kind: Kind) -> None:
    """And two keys, each key ID goes with its own key, in both directions."""
    puppet = establish(bench, auth=kind.spec(FIRST, SECOND))
    must_accept(bench, puppet, "with the second key", kind["several"], Seal(1, SECOND.id, SECOND.secret))
    must_accept(bench, puppet, "with the first key again", kind["several"], Seal(1, FIRST.id, FIRST.secret))
    crossed = [
        Probe("the second key's ID with the first key", Seal(key_id=SECOND.id, key=FIRST.secret)),
        Probe("the first key's ID with the second key", Seal(key_id=FIRST.id, key=SECOND.secret)),
    ]
    must_discard_each(bench, puppet, crossed, kind["several"])
    keys = {key.id: key.secret for key in (FIRST, SECOND)}
    for seen in authenticated(bench, puppet):
        payload = seen.datagram.payload
        section = read(payload, kind.scheme)
        named = section.key_id if section is not None else None
        bench.check(
            named in keys and has_proof(payload, kind.scheme, keys[named]),
            expected="packets made with the key that their Auth Key ID names",
            actual=f"frame {seen.frame} with key ID {named}, but not made with that key",
            frames=[seen],
            requirement=kind["names_key"],
        )


def rollover(bench: Bench, kind: Kind) -> None:
    """And two keys, a target that is told to send with the second one does so."""
    puppet = establish(bench, auth=kind.spec(FIRST, SECOND))
    bench.command(bench.node.set_keys, bench.specs[0], kind.spec(FIRST, SECOND, send=SECOND))
    bench.elapse(PROMPT_US)  # a packet may have been on its way
    told = bench.mark()
    sane_after(bench, puppet)
    bench.elapse(SECOND_US)
    for seen in bench.from_target(told):
        section = read(seen.datagram.payload, kind.scheme)
        key_id = section.key_id if section is not None else None
        if kind is PASSWORD:
            password = section.proof if section is not None else b""
            bench.check(
                password == SECOND.secret,
                expected="the second password, the one selected now",
                actual=f"frame {seen.frame} with {'the first' if password == FIRST.secret else 'another'} password",
                frames=[seen],
                requirement=kind["proof"],
            )
        bench.check(
            key_id == SECOND.id,
            expected=f"Auth Key ID {SECOND.id}, of the key in use now",
            actual=f"frame {seen.frame} with key ID {key_id}",
            frames=[seen],
            requirement=kind["key_id"],
        )
