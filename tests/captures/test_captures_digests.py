"""Digests agree with keys, and keys stay unseen."""

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from bfd_frames import A6, AUTHENTICATED, B6, control, datagram, ethernet, needs_tshark
from containers import pcap

from captures.digests import Keys, KeysError, read_keys
from captures.fast import read_fast
from captures.read import read_pyshark, read_tshark
from captures.rows import Digest, Row
from captures.table import to_packets

SECRET = b"fourteen bytes"


def digested(auth_type: int, key: bytes = SECRET, key_id: int = 7, sequence: int = 1, behind: bytes = b"") -> bytes:
    """A Control packet as RFC 5880 sections 6.7.2 to 6.7.4 authenticate it."""
    if auth_type == 1:
        return control(flags=AUTHENTICATED, auth=bytes([1, 3 + len(key), key_id]) + key)
    make, size = (hashlib.md5, 16) if auth_type < 4 else (hashlib.sha1, 20)
    head = bytes([auth_type, 8 + size, key_id, 0]) + sequence.to_bytes(4, "big")
    packet = control(flags=AUTHENTICATED, auth=head + key.ljust(size, b"\0") + behind)
    return packet[:32] + make(packet).digest() + behind


def the_keys() -> Keys:
    keys = Keys()
    for auth_type in (1, 2, 4):
        keys.add(7, auth_type, b"another")
        keys.add(7, auth_type, SECRET)
    return keys


@pytest.mark.parametrize("auth_type", [1, 2, 3, 4, 5])
def test_each_type(auth_type: int) -> None:
    keys = the_keys()
    packet = digested(auth_type)
    assert keys.check(packet) is Digest.RIGHT
    assert keys.check(packet + b"padding") is Digest.RIGHT
    assert keys.check(digested(auth_type, b"another")) is Digest.RIGHT
    assert keys.check(digested(auth_type, b"wrong")) is Digest.WRONG
    assert keys.check(digested(auth_type, key_id=8)) is Digest.NO_KEY
    assert keys.check(packet[:-1]) is Digest.UNCHECKED
    for at in (5, 20, len(packet) - 1) if auth_type > 1 else (len(packet) - 1,):  # a password protects itself only
        assert keys.check(packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]) is Digest.WRONG


@pytest.mark.parametrize("auth_type", [2, 3, 4, 5])
def test_a_key_in_the_place_of_its_digest_is_seen(auth_type: int) -> None:
    packet = digested(auth_type)
    assert the_keys().check(packet[:32] + SECRET.ljust(len(packet) - 32, b"\0")) is Digest.KEY


def test_the_whole_packet_is_digested_and_not_what_is_behind_it() -> None:
    assert the_keys().check(digested(5, behind=b"within Length")) is Digest.RIGHT


@pytest.mark.parametrize(
    "packet",
    [control(), control(flags=AUTHENTICATED), control(flags=AUTHENTICATED, auth=bytes([6, 4, 7, 0])), digested(2)[:28]],
)
def test_what_cannot_be_checked_is_not(packet: bytes) -> None:
    assert the_keys().check(packet) is Digest.UNCHECKED


def test_a_key_of_another_type_is_none() -> None:
    keys = Keys()
    keys.add(7, 2, SECRET)
    assert keys.check(digested(5)) is Digest.NO_KEY
    assert keys.check(digested(3)) is Digest.RIGHT


@needs_tshark
def test_readers_agree_on_digests(tmp_path: Path) -> None:
    payloads = [
        control(),
        digested(1),
        digested(2, b"wrong"),
        digested(3),
        digested(4, key_id=9),
        digested(5) + bytes(9),
    ]
    path = pcap(tmp_path / "x.pcap", [ethernet(datagram(payload)) for payload in payloads])
    expected = [Digest.UNCHECKED, Digest.RIGHT, Digest.WRONG, Digest.RIGHT, Digest.NO_KEY, Digest.RIGHT]
    for read in (read_tshark, read_pyshark):
        assert [row.digest for row in read(path, keys=the_keys()).rows] == expected
        assert {row.digest for row in read(path).rows} == {Digest.UNCHECKED}
    fast = [packet for chunk in read_fast(path, keys=the_keys()) for packet in to_packets(chunk)]
    assert fast == read_tshark(path, keys=the_keys()).rows


def with_checksum(frame: bytes, change: Callable[[int], int]) -> bytes:
    """Another UDP checksum in an IPv4 frame."""
    checksum = change(int.from_bytes(frame[40:42]))
    return frame[:40] + checksum.to_bytes(2) + frame[42:]


def left_to_the_card(frame: bytes) -> bytes:
    """As Linux captures what it sends: the sum of the pseudo-header alone."""
    words = frame[26:34] + frame[38:40] + bytes([0, 17])
    total = sum(struct.unpack(f">{len(words) // 2}H", words))
    return with_checksum(frame, lambda _: (total & 0xFFFF) + (total >> 16))


@needs_tshark
def test_a_wrong_digest_is_doubtful_where_the_checksum_does_not_vouch_for_the_packet(tmp_path: Path) -> None:
    wrong, odd = ethernet(datagram(digested(3, b"wrong"))), ethernet(datagram(digested(1, b"wrong")))
    frames: list[bytes | tuple[bytes, int]] = [
        wrong,
        odd,
        ethernet(datagram(digested(4, b"wrong"), A6, B6)),
        ethernet(datagram(digested(3, b"wrong") + b"padding")),
        left_to_the_card(wrong),
        left_to_the_card(odd),
        with_checksum(wrong, lambda right: right ^ 1),
        with_checksum(wrong, lambda _: 0),
        wrong[:60] + bytes([wrong[60] ^ 1]) + wrong[61:],
        (ethernet(datagram(digested(3, b"wrong") + bytes(9)))[:-1], len(wrong) + 9),
        (wrong[:-1], len(wrong)),
        with_checksum(ethernet(datagram(digested(3))), lambda _: 0),
    ]
    path = pcap(tmp_path / "x.pcap", frames)
    expected = [Digest.WRONG] * 6 + [Digest.DOUBTFUL] * 4 + [Digest.UNCHECKED, Digest.RIGHT]
    fast = [packet for chunk in read_fast(path, keys=the_keys()) for packet in to_packets(chunk)]
    assert [packet.digest for packet in fast if isinstance(packet, Row)] == expected
    assert fast == read_tshark(path, keys=the_keys()).rows == read_pyshark(path, keys=the_keys()).rows


def test_keys_come_from_where_the_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BFD_KEY", SECRET.decode())
    (tmp_path / "key").write_bytes(SECRET + b"\n")
    path = tmp_path / "keys.yaml"
    path.write_text(
        f"""
- type: keyed_md5
  keys: {{7: "env:BFD_KEY"}}
- type: meticulous_keyed_sha1
  keys: {{7: "file:{tmp_path / "key"}", 8: "hex:{SECRET.hex()}"}}
- type: simple_password
  keys: {{7: "text:{SECRET.decode()}"}}
  send_key: 7
"""
    )
    keys = read_keys(path)
    packets = [digested(1), digested(2), digested(4), digested(5, key_id=8)]
    assert [keys.check(packet) for packet in packets] == [Digest.RIGHT] * 4
    assert SECRET.decode() not in repr(keys)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the document: allowed is a mapping"),
        ("[1]", "[0]: allowed is a mapping"),
        ("{type: md5, keys: {1: 'text:hush'}}", "type: allowed is one of simple_password"),
        ("{type: keyed_md5, keys: [hush]}", "keys: allowed is a mapping of key IDs"),
        ("{type: keyed_md5, keys: {256: 'text:hush'}}", "keys: allowed are key IDs from 0 to 255"),
        ("{type: keyed_md5, keys: {1: hush}}", "keys.1: allowed is one of env:"),
        ("{type: keyed_md5, keys: {1: 'hex:hush'}}", "keys.1: not pairs of hexadecimal digits"),
        ("{type: keyed_md5, keys: {1: 'file:/nowhere/key'}}", "keys.1: the file /nowhere/key cannot be read: No such"),
        ("{type: keyed_md5, keys: {1: 'env:NOT_SET_AT_ALL'}}", "keys.1: the environment variable NOT_SET_AT_ALL is"),
        ("[{type: keyed_md5, keys: {1: 'text:hushhushhushhushhush'}}]", "[0].keys.1: a key of 20 bytes, allowed are 1"),
        ("{type: keyed_md5,\n keys: {1: 'text:hush}}", "no YAML"),
        ("\0hush", "no YAML"),
    ],
)
def test_a_file_of_keys_that_is_wrong_is_one_line_without_keys(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(text)
    with pytest.raises(KeysError) as caught:
        read_keys(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and words in message and "\n" not in message and "hush" not in message


@pytest.mark.parametrize("make", [lambda path: None, Path.mkdir, lambda path: path.write_bytes(b"\xff")])
def test_a_file_of_keys_that_cannot_be_read_is_one_line(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "keys.yaml"
    make(path)
    with pytest.raises(KeysError, match=r"^[^\n]*keys.yaml: [^\n]+$"):
        read_keys(path)
