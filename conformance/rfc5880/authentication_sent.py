"""RFC 5880 sections 6.7.2 to 6.7.4, Transmission, with the formats of 4.2 to 4.4: the Authentication Sections that a
target sends.

Every packet of a session is looked at, from the handshake to the answers to Polls. The order of the checks goes from
the layout to what it holds, so that one mistake is not reported as another.
"""

from collections.abc import Callable, Sequence

from conformance.bench.bench import Bench
from conformance.bench.packets import Seen, in_words
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import establish, poll
from conformance.bench.signing import Section, has_proof, read, wrong_padding, wrong_part
from conformance.bench.verdicts import Inconclusive
from conformance.rfc5880.authentication import (
    FIRST,
    PASSWORD,
    Kind,
    authenticated,
)

LONGEST_PASSWORD = 16


def conversation(bench: Bench, kind: Kind) -> tuple[Puppet, list[Seen]]:
    """A session that came Up, answered two Polls, and went on for a while; what the target sent in it."""
    puppet = establish(bench, auth=kind.spec())
    for _ in range(2):
        poll(bench, puppet)
    bench.elapse(500_000)
    return puppet, authenticated(bench, puppet)


def each(bench: Bench, packets: Sequence[Seen], requirement: str, expected: str, fault: Callable[[Seen], str]) -> None:
    """Judge every packet by `fault`, which says in words what is wrong with one, or ""."""
    faults = [(seen, words) for seen in packets if (words := fault(seen))]
    bench.check(
        bool(packets) and not faults,
        expected=f"{expected} in each of {len(packets)} packets",
        actual=f"frame {faults[0][0].frame}: {faults[0][1]} ({in_words(faults[0][0])})" if faults else "no packet",
        frames=[seen for seen, _ in faults],
        requirement=requirement,
    )


def of_section(kind: Kind, fault: Callable[[Section], str]) -> Callable[[Seen], str]:
    """A fault of the section alone. A packet that has none leaves nothing to be said (see 5880-4.1-101)."""

    def of_packet(seen: Seen) -> str:
        section = read(seen.datagram.payload, kind.scheme)
        if section is None:
            raise Inconclusive(f"frame {seen.frame} has no Authentication Section of {kind.label}")
        return fault(section)

    return of_packet


def unless(holds: bool, words: str) -> str:
    """`words`, or "" where all is well."""
    return "" if holds else words


def password_sections(bench: Bench) -> None:
    """With Simple Password every packet carries Auth Type 1, Auth Len, key ID and the password without padding."""
    kind = PASSWORD
    _, packets = conversation(bench, kind)
    right = len(FIRST.secret) + 3

    def judge(what: str, expected: str, fault: Callable[[Section], str]) -> None:
        each(bench, packets, kind[what], expected, of_section(kind, fault))

    judge("type", "Auth Type 1", lambda s: unless(s.auth_type == 1, f"Auth Type {s.auth_type}"))
    judge(
        "size",
        f"a password of 1 to {LONGEST_PASSWORD} bytes",
        lambda s: unless(1 <= len(s.proof) <= LONGEST_PASSWORD, f"{len(s.proof)} bytes behind the key ID"),
    )
    judge(
        "layout",
        "nothing around the password",
        lambda s: unless(
            s.proof == FIRST.secret or FIRST.secret not in bytes([s.key_id]) + s.proof,
            f"{len(s.proof)} bytes behind Auth Key ID {s.key_id}, with a password of {len(FIRST.secret)} among them",
        ),
    )
    judge("length", f"Auth Len {right}", lambda s: unless(s.auth_len == right, f"Auth Len {s.auth_len}"))
    judge("proof", "the password", lambda s: unless(s.proof == FIRST.secret, "another password"))
    judge("key_id", f"Auth Key ID {FIRST.id}", lambda s: unless(s.key_id == FIRST.id, f"Auth Key ID {s.key_id}"))


def digest_sections(bench: Bench, kind: Kind) -> None:
    """Every packet is laid out as the RFC says and carries the digest of itself."""
    _, packets = conversation(bench, kind)
    scheme, key = kind.scheme, FIRST.secret
    right = scheme.auth_len(key)

    def judge(what: str, expected: str, fault: Callable[[Section], str]) -> None:
        each(bench, packets, kind[what], expected, of_section(kind, fault))

    def judge_packet(what: str, expected: str, fault: Callable[[bytes], str]) -> None:
        each(bench, packets, kind[what], expected, lambda seen: fault(seen.datagram.payload))

    number = int(scheme.auth_type)
    judge("type", f"Auth Type {number}", lambda s: unless(s.auth_type == number, f"Auth Type {s.auth_type}"))
    judge("length", f"Auth Len {right}", lambda s: unless(s.auth_len == right, f"Auth Len {s.auth_len}"))
    judge(
        "layout",
        f"{scheme.digest_bytes} bytes behind the Sequence Number",
        lambda s: unless(len(s.proof) == scheme.digest_bytes, f"{len(s.proof)} bytes"),
    )
    judge("reserved", "Reserved zero", lambda s: unless(s.reserved == 0, f"Reserved {s.reserved}"))
    judge_packet("no_key", "no key", lambda payload: unless(key not in payload, "the secret key itself"))
    judge_packet(
        "padding", "a digest with the key padded by zeros", lambda payload: wrong_padding(payload, scheme, key)
    )
    judge_packet("whole_packet", "a digest of all of the packet", lambda payload: wrong_part(payload, scheme, key))
    judge_packet(
        "proof",
        "the digest of the packet and the key",
        lambda payload: unless(has_proof(payload, scheme, key), "another digest"),
    )
    judge("key_id", f"Auth Key ID {FIRST.id}", lambda s: unless(s.key_id == FIRST.id, f"Auth Key ID {s.key_id}"))
