"""The tester's own authentication: known digests, tshark's reading of them, and what a seal changes."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_target import MS, ScriptedWire, bench_on, control

from captures.record import Recorder
from conformance.bench import signing
from conformance.bench.puppet import Puppet
from conformance.bench.signing import (
    KEYED_MD5,
    KEYED_SHA1,
    METICULOUS_KEYED_MD5,
    METICULOUS_KEYED_SHA1,
    SCHEMES,
    SIMPLE_PASSWORD,
    UNSIGNED,
    Scheme,
    Seal,
    Signer,
    has_proof,
    read,
)
from refimpl.core.constants import State
from refimpl.core.packet import ControlPacket
from refimpl.wire import damage
from refimpl.wire.codec import encode
from refimpl.wire.frames import Datagram, build
from topologies.node import AuthSpec, Key

KEY = b"secret12"
MANDATORY = bytes.fromhex("20c003181122334455667788000493e0000493e000000000")
"""Up, Detect Mult 3, 300 ms."""

KNOWN = [
    (KEYED_MD5, "02180500fffffffe", "9cdacbf1924048917e0e3d9e9bb327be"),
    (METICULOUS_KEYED_MD5, "03180500fffffffe", "35465ab622024bad92cdefe20e6f1be8"),
    (KEYED_SHA1, "041c0500fffffffe", "5a746c8ed587bc18023feeada2b3daf711b0a6ff"),
    (METICULOUS_KEYED_SHA1, "051c0500fffffffe", "80db67a6dbcf6e67a406b02d64520524e92d1230"),
]
"""Digests by md5sum and sha1sum of the Mandatory Section with A bit and Length, these bytes, and the padded key."""

schemes = st.sampled_from(list(SCHEMES.values()))
digests = st.sampled_from([scheme for scheme in SCHEMES.values() if scheme.algorithm])


def signer(scheme: Scheme, sequence: int = 0xFFFF_FFFE, key: bytes = KEY) -> Signer:
    return Signer(scheme, 5, key, sequence)


@pytest.mark.parametrize(("scheme", "head", "digest"), KNOWN, ids=lambda value: getattr(value, "label", ""))
def test_known_digests(scheme: Scheme, head: str, digest: str) -> None:
    payload = signer(scheme).sign(MANDATORY, Seal(ahead=0))
    assert payload[24:].hex() == head + digest
    assert (payload[1], payload[3], len(payload)) == (0xC4, 24 + payload[25], 24 + payload[25])
    assert payload[:1] + bytes([payload[1] & ~0x04]) + payload[2:3] + b"\x18" + payload[4:24] == MANDATORY


def test_a_password_stands_as_it_is() -> None:
    payload = signer(SIMPLE_PASSWORD).sign(MANDATORY)
    assert payload[24:] == b"\x01\x0b\x05secret12"
    assert payload[3] == len(payload) == 35


@given(scheme=schemes, key=st.binary(min_size=1, max_size=16), sequence=st.integers(0, signing.CIRCLE - 1))
def test_what_is_signed_is_read_and_verified(scheme: Scheme, key: bytes, sequence: int) -> None:
    payload = signer(scheme, sequence, key).sign(MANDATORY, Seal(ahead=1))
    section = read(payload, scheme)
    assert section is not None
    assert (section.auth_type, section.auth_len, section.key_id) == (scheme.auth_type, len(payload) - 24, 5)
    assert section.sequence == ((sequence + 1) % signing.CIRCLE if scheme.algorithm else 0)
    assert has_proof(payload, scheme, key)
    assert not has_proof(payload, scheme, b"x" + key[:-1] if key[:1] != b"x" else b"y" + key[1:])


@given(scheme=digests, bit=st.integers(0, 8 * 44 - 1))
def test_every_bit_is_under_the_digest(scheme: Scheme, bit: int) -> None:
    payload = signer(scheme).sign(MANDATORY)
    assert not has_proof(damage.flip(bit % (8 * len(payload))).apply(payload), scheme, KEY)


@pytest.mark.parametrize(
    ("seal", "index", "value"),
    [
        (Seal(auth_type=9), 24, 9),
        (Seal(auth_len=23), 25, 23),
        (Seal(key_id=77), 26, 77),
        (Seal(reserved=0xA5), 27, 0xA5),
        (Seal(ahead=-1), 31, 0xFD),
        (Seal(ahead=2), 31, 0),
        (Seal(), 31, 0xFF),
    ],
)
def test_a_seal_changes_one_thing_and_the_digest_is_right_for_it(seal: Seal, index: int, value: int) -> None:
    own = signer(KEYED_SHA1)
    payload = own.sign(MANDATORY, seal)
    assert payload[index] == value
    assert has_proof(payload, KEYED_SHA1, KEY)
    assert own.sequence == 0xFFFF_FFFE
    assert own.sign(MANDATORY, replace(seal, goes_on=True)) == payload
    section = read(payload, KEYED_SHA1)
    assert section is not None
    assert own.sequence == section.sequence


def test_a_seal_of_another_scheme_or_of_none() -> None:
    payload = signer(KEYED_SHA1).sign(MANDATORY, Seal(scheme=KEYED_MD5, key=b"other"))
    assert has_proof(payload, KEYED_MD5, b"other")
    assert signer(KEYED_SHA1).sign(MANDATORY, UNSIGNED) == MANDATORY


def test_numbers_move_on_as_a_peer_should() -> None:
    other = encode(ControlPacket(state=State.INIT))
    for scheme, expected in ((METICULOUS_KEYED_MD5, [0, 1, 2, 3]), (KEYED_MD5, [0, 0, 1, 1])):
        own, got = signer(scheme, 0xFFFF_FFFF), []
        for mandatory in (MANDATORY, MANDATORY, other, other):
            own.sign(mandatory)
            got.append(own.sequence)
        assert got == expected


@pytest.mark.parametrize("payload", [b"", MANDATORY[:23], MANDATORY, b"\x20\xc4\x03\x1f" + MANDATORY[4:] + bytes(7)])
def test_where_there_is_no_section(payload: bytes) -> None:
    assert read(payload, KEYED_SHA1) is None
    assert not has_proof(payload, KEYED_SHA1, KEY)


@pytest.mark.parametrize("scheme", [KEYED_MD5, KEYED_SHA1], ids=lambda scheme: scheme.label)
def test_a_wrong_digest_is_explained(scheme: Scheme) -> None:
    good = signer(scheme).sign(MANDATORY)
    head = good[: scheme.proof_offset]
    spaces = head + scheme.digest(head + KEY.ljust(scheme.digest_bytes))
    part = head + scheme.digest(head[:24])
    assert (signing.wrong_padding(good, scheme, KEY), signing.wrong_part(good, scheme, KEY)) == ("", "")
    assert signing.wrong_padding(spaces, scheme, KEY) == "padded with spaces"
    assert signing.wrong_part(part, scheme, KEY) == "the Mandatory Section alone"
    full = b"k" * scheme.digest_bytes
    assert signing.wrong_padding(signer(scheme, key=full).sign(MANDATORY), scheme, full) == ""


def test_no_secret_is_in_a_repr() -> None:
    own = signer(SIMPLE_PASSWORD)
    section = read(own.sign(MANDATORY), SIMPLE_PASSWORD)
    assert "secret" not in f"{own} {Seal(key=KEY)} {section} {AuthSpec(1, (Key(1, KEY),), 1)}"


# ---------------------------------------------------------------------- the puppet


def test_all_that_the_puppet_sends_is_signed() -> None:
    wire = ScriptedWire()
    bench = bench_on(wire)
    puppet = bench.puppet(state=State.UP, signer=signer(METICULOUS_KEYED_SHA1, 10))
    bench.start_keepalives(puppet)
    wire.at(100, control(poll=True))
    bench.elapse(1_000 * MS)
    bench.send(puppet, poll=True)
    sent = [seen for seen in bench.log if seen.sent]
    assert any(seen.packet.final for seen in sent)
    sections = [read(seen.datagram.payload, METICULOUS_KEYED_SHA1) for seen in sent]
    assert [section.sequence for section in sections if section is not None] == list(range(11, 11 + len(sent)))
    assert all(has_proof(seen.datagram.payload, METICULOUS_KEYED_SHA1, KEY) for seen in sent)


def test_a_poll_that_comes_while_a_case_sends_leaves_the_numbers_in_order() -> None:
    """The bench answers the Poll before `send` returns; the next packet counts from the one before all the same."""
    wire = ScriptedWire()
    bench = bench_on(wire)
    puppet = bench.puppet(state=State.UP, signer=signer(METICULOUS_KEYED_SHA1, 100))
    wire.at(0, control(poll=True))  # read before the echo of the tester's own frame
    for _ in range(3):
        bench.send(puppet, seal=Seal(9, goes_on=True))
    bench.elapse(MS)
    sent = [read(seen.datagram.payload, METICULOUS_KEYED_SHA1) for seen in bench.log if seen.sent]
    assert [section.sequence for section in sent if section is not None] == [109, 110, 119, 128]


def test_a_session_with_authentication_gives_the_puppet_its_keys() -> None:
    bench = bench_on(ScriptedWire())
    puppet = bench.puppet()
    bench.add_session(puppet, auth=AuthSpec(4, (Key(1, b"one"), Key(2, b"two")), send=2))
    assert puppet.signer is not None
    assert (puppet.signer.scheme, puppet.signer.key_id, puppet.signer.key) == (KEYED_SHA1, 2, b"two")
    own = bench.puppet(signer=signer(KEYED_SHA1))
    bench.add_session(own, auth=AuthSpec(4, (Key(1, b"one"),), send=1))
    assert own.signer is not None
    assert own.signer.key == KEY


def test_damage_comes_after_the_signature() -> None:
    bench = bench_on(ScriptedWire())
    puppet = bench.puppet(signer=signer(KEYED_SHA1))
    seen = bench.send(puppet, damage.flip(16))
    assert not has_proof(seen.datagram.payload, KEYED_SHA1, KEY)
    assert has_proof(damage.flip(16).apply(seen.datagram.payload), KEYED_SHA1, KEY)


def test_a_seal_without_a_signer_is_a_mistake_of_the_case() -> None:
    bench = bench_on(ScriptedWire())
    with pytest.raises(ValueError, match="without a signer"):
        bench.send(bench.puppet(), seal=UNSIGNED)


# ---------------------------------------------------------------------- tshark

FIELDS = ("bfd.auth.type", "bfd.auth.len", "bfd.auth.key", "bfd.auth.password", "bfd.auth.seq_num", "bfd.checksum")


@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
def test_tshark_reads_the_same(tmp_path: Path) -> None:
    puppet: dict[str, Any] = {"source": "192.0.2.1", "destination": "192.0.2.2", "ttl": 255}
    recorder = Recorder(tmp_path / "c.pcapng", "eth0")
    payloads = [signer(scheme).sign(MANDATORY) for scheme in SCHEMES.values()]
    for number, payload in enumerate(payloads):
        datagram = Datagram(**puppet, source_port=50_000, destination_port=3784, payload=payload)
        recorder.write(build(datagram, "02:00:00:00:00:01", "02:00:00:00:00:02"), number, outbound=True)
    recorder.close()
    words = [word for field in FIELDS for word in ("-e", field)]
    command = ["tshark", "-n", "-r", str(tmp_path / "c.pcapng"), "-T", "fields", "-E", "separator=|", *words]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    for line, payload, scheme in zip(lines, payloads, SCHEMES.values(), strict=True):
        section = read(payload, scheme)
        assert section is not None
        kind, auth_len, key_id, password, sequence, digest = line.split("|")
        assert (int(kind), int(auth_len), int(key_id)) == (section.auth_type, section.auth_len, section.key_id)
        if scheme is SIMPLE_PASSWORD:
            assert password == "secret12"
        else:
            assert (int(sequence, 0), int(digest, 16)) == (section.sequence, int.from_bytes(section.proof))


def test_the_puppet_without_a_signer_is_as_before() -> None:
    wire = ScriptedWire()
    puppet: Puppet = bench_on(wire).puppet()
    assert puppet.datagram(puppet.packet()).payload == encode(puppet.packet())
