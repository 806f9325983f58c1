"""The golden corpus: each finding as expected by whichever reader, in whatever kind of file, and nothing else."""

import gzip
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from bfd_frames import needs_tshark
from click.testing import CliRunner

from bfdspec.cli import main
from bfdspec.golden import corpus
from bfdspec.golden.plan import NOT_PLANTED, PLANTED
from captures.checks import CHECKS, digests
from captures.digests import Keys
from captures.fast import read_fast
from captures.fold import fold
from captures.join import join
from captures.read import Reading, read_pyshark, read_tshark
from captures.rows import Digest, Row, Undecoded
from captures.table import to_packets

CAPTURES = corpus.captures()
EXPECTED = corpus.load()
KEYS = corpus.keys()
README = (corpus.FOLDER / "README.md").read_text(encoding="utf-8")
Packets = list[Row | Undecoded]


def fast(path: Path) -> Packets:
    return [packet for chunk in read_fast(path, keys=KEYS) for packet in to_packets(chunk)]


def rows_of(path: Path) -> list[Row]:
    return [packet for packet in fast(path) if isinstance(packet, Row)]


def found(path: Path, keys: Keys | None = KEYS) -> corpus.Found:
    return corpus.findings(fold(read_fast(path, keys=keys)))


def test_every_capture_has_expectations_and_every_expectation_a_capture() -> None:
    assert list(CAPTURES) == list(EXPECTED)


@pytest.mark.parametrize("name", CAPTURES)
def test_findings_are_as_expected(name: str) -> None:
    assert found(CAPTURES[name]) == EXPECTED[name]


def test_captures_are_small() -> None:
    sizes = [path.stat().st_size for path in CAPTURES.values()]
    assert max(sizes) < 30_000
    assert sum(sizes) < 1_500_000


# ------------------------------------------------------------------ what the plan promises


def test_every_check_has_a_capture_that_shows_it_or_a_reason_why_not() -> None:
    checks = {check.requirement for check in CHECKS}
    planted = {each.check for each in PLANTED}
    assert planted.isdisjoint(NOT_PLANTED)
    assert checks - planted - set(NOT_PLANTED) == set()
    assert (planted | set(NOT_PLANTED)) - checks == set()


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.file)
def test_what_was_planted_is_found_and_its_neighbour_is_not_accused(planted: corpus.Planted) -> None:
    expected = EXPECTED[planted.file]
    speakers = {"192.0.2.2", "2001:db8::2"}
    assert planted.check in {finding["check"] for finding in expected}
    assert {finding["speaker"] for finding in expected} <= speakers


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.startswith(corpus.STORIES_FOLDER)])
def test_nobody_is_accused_in_a_story_of_honest_speakers(name: str) -> None:
    assert EXPECTED[name] == []


def test_captures_are_made_the_same_to_the_byte(tmp_path: Path) -> None:
    made = corpus.make(tmp_path)
    assert [path.read_bytes() for path in made] == [
        CAPTURES[path.relative_to(tmp_path).as_posix()].read_bytes() for path in made
    ]


def test_the_readme_knows_every_capture_of_a_daemon() -> None:
    recorded = {Path(name).name for name in CAPTURES if name.startswith("daemons/")}
    assert [name for name in recorded if f"`{name.removesuffix('.pcapng')}`" not in README] == []


# ------------------------------------------------------------------ keys

AUTHENTICATED = [name for name, path in CAPTURES.items() if any(row.auth_type for row in rows_of(path))]
ABOUT_KEYS = {check.requirement for check in digests.CHECKS}


@pytest.mark.parametrize("name", [name for name in AUTHENTICATED if name.startswith(("daemons/", "stories/"))])
def test_everybody_who_does_as_the_rfcs_say_has_the_right_digests(name: str) -> None:
    assert {row.digest for row in rows_of(CAPTURES[name])} == {Digest.RIGHT}


@pytest.mark.parametrize("name", AUTHENTICATED)
def test_keys_change_nothing_but_what_is_said_of_digests(name: str) -> None:
    assert found(CAPTURES[name], None) == [each for each in EXPECTED[name] if each["check"] not in ABOUT_KEYS]


@pytest.mark.parametrize("key_id", [7, 8], ids=["another key", "another key ID"])
@pytest.mark.parametrize("name", AUTHENTICATED)
def test_nobody_is_accused_because_of_wrong_keys(name: str, key_id: int) -> None:
    keys = Keys()
    for auth_type in (1, 2, 4):
        keys.add(key_id, auth_type, b"another")
    assert found(CAPTURES[name], keys) == found(CAPTURES[name], None)


# ------------------------------------------------------------------ readers


def joined(names: Iterable[str], folder: Path) -> Iterator[Path]:
    """One file for all captures of the same interface: Wireshark 4.0 takes the interface of a later section for that
    of the first."""
    by_interface: dict[str, list[Path]] = {}
    for name in names:
        by_interface.setdefault(fast(CAPTURES[name])[0].place, []).append(CAPTURES[name])
    for number, paths in enumerate(by_interface.values()):
        join(paths, folder / f"{number}.pcapng")
        yield folder / f"{number}.pcapng"


@needs_tshark
@pytest.mark.parametrize(
    ("read", "names"), [(read_tshark, list(CAPTURES)), (read_pyshark, list(CAPTURES)[::9])], ids=["tshark", "pyshark"]
)
def test_dissectors_read_the_same_rows(tmp_path: Path, read: Callable[..., Reading], names: Sequence[str]) -> None:
    for path in joined(names, tmp_path):
        reading = read(path, keys=KEYS)
        dissected = sorted([*reading.rows, *reading.undecoded], key=lambda packet: packet.frame)
        assert dissected
        assert fast(path) == dissected


# ------------------------------------------------------------------ the command

CLEAN, BROKEN = "stories/cut.pcapng", "rfc5880/6.8.6-r34-up-without-init.pcapng"
RECOMMENDED = "rfc5881/4-r05-one-source-port-for-all.pcapng"


@pytest.mark.parametrize(("name", "code"), [(CLEAN, 0), (BROKEN, 1), (RECOMMENDED, 0)])
def test_the_exit_code_says_whether_a_must_is_broken(name: str, code: int) -> None:
    result = CliRunner().invoke(main, ["verify", str(CAPTURES[name])])
    assert result.exit_code == code
    assert all(finding["check"] in result.output for finding in EXPECTED[name])


@needs_tshark
@pytest.mark.parametrize("engine", ["tshark", "fast"])
def test_findings_are_the_same_with_every_engine(engine: str) -> None:
    result = CliRunner().invoke(main, ["verify", "--engine", engine, str(CAPTURES[BROKEN])])
    assert result.exit_code == 1
    assert all(finding["seen"] in " ".join(result.output.split()) for finding in EXPECTED[BROKEN])


SIGNED_TOO_EARLY = "rfc5880/6.7.3-r13-digest-made-before-f-is-set.pcapng"


@needs_tshark
@pytest.mark.parametrize("engine", ["tshark", "fast"])
def test_keys_find_what_is_not_seen_without(engine: str) -> None:
    command = ["verify", "--engine", engine, str(CAPTURES[SIGNED_TOO_EARLY])]
    assert CliRunner().invoke(main, command).exit_code == 0
    result = CliRunner().invoke(main, [*command, "--auth-keys", str(corpus.FOLDER / corpus.KEYS)])
    assert result.exit_code == 1
    assert "5880-6.7.3-r13 (MUST)" in result.output


def test_keys_that_do_not_fit_are_told(tmp_path: Path) -> None:
    keys = tmp_path / "keys.yaml"
    keys.write_text("{type: keyed_md5, keys: {7: 'text:another'}}")
    result = CliRunner().invoke(main, ["verify", str(CAPTURES["stories/auth-md5.pcapng"]), "--auth-keys", str(keys)])
    assert result.exit_code == 0
    words = "not decidable: the digest with Key ID 7 in"
    assert f"192.0.2.1: {words}" in result.output and f"192.0.2.2: {words}" in result.output
    assert "another key, or another way to use it" in " ".join(result.output.split())


# ------------------------------------------------------------------ kinds of files


def frames(path: Path) -> Iterator[tuple[int, bytes]]:
    """Time in nanoseconds and frame, of a file that the recorder wrote."""
    content, at = path.read_bytes(), 0
    while at < len(content):
        kind, size = struct.unpack_from("<II", content, at)
        if kind == 6:
            _, high, low, length, _ = struct.unpack_from("<5I", content, at + 8)
            yield high << 32 | low, content[at + 28 : at + 28 + length]
        at += size


def pcap(path: Path, *, order: str = "<", nano: bool = False, link: int = 1) -> bytes:
    unit = 1 if nano else 1000
    parts = [struct.pack(f"{order}IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)]
    for time_ns, frame in frames(path):
        seconds, rest = divmod(time_ns, 10**9)
        content = sll2(frame) if link == SLL2 else frame
        parts.append(struct.pack(f"{order}4I", seconds, rest // unit, len(content), len(content)) + content)
    return b"".join(parts)


SLL2 = 276


def sll2(frame: bytes) -> bytes:
    return frame[12:14] + struct.pack(">HIHBB", 0, 2, 1, 0, 6) + frame[6:12] + b"\0\0" + frame[14:]


def with_tags(content: bytes, *tags: bytes) -> bytes:
    """The pcap file with VLAN tags in each frame."""
    parts, at = [content[:24]], 24
    added = b"".join(tags)
    while at < len(content):
        seconds, units, size, _ = struct.unpack_from("<4I", content, at)
        frame = content[at + 16 : at + 16 + size]
        parts.append(struct.pack("<4I", seconds, units, *[size + len(added)] * 2) + frame[:12] + added + frame[12:])
        at += 16 + size
    return b"".join(parts)


KINDS: dict[str, Callable[[Path], bytes]] = {
    "pcap, microseconds": pcap,
    "pcap, nanoseconds": lambda path: pcap(path, nano=True),
    "pcap, big endian": lambda path: pcap(path, order=">"),
    "pcap, gzip": lambda path: gzip.compress(pcap(path)),
    "pcapng, gzip": lambda path: gzip.compress(path.read_bytes()),
    "VLAN": lambda path: with_tags(pcap(path), b"\x81\x00\x00\x0a"),
    "QinQ": lambda path: with_tags(pcap(path), b"\x88\xa8\x00\x05", b"\x81\x00\x00\x0a"),
    "Linux cooked, version 2": lambda path: pcap(path, link=SLL2),
}
TELLING = [
    BROKEN,
    "rfc5880/6.8.6-r39-up-ignores-down.pcapng",
    "rfc5881/5-r01-ttl-64.pcapng",
    "rfc5881/4-r05-one-source-port-for-all.pcapng",
    "rfc5880/6.7.4-r13-hash-made-before-f-is-set.pcapng",
    "stories/auth-sha1-meticulous-ipv6.pcapng",
]


@pytest.mark.parametrize("kind", KINDS)
def test_findings_are_the_same_in_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    for name in TELLING:
        path.write_bytes(KINDS[kind](CAPTURES[name]))
        assert found(path) == EXPECTED[name], name
