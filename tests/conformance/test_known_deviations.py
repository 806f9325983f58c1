"""Expectations: what the loader says about broken files, and whether the shipped ones still speak of real cases."""

from pathlib import Path

import pytest

from conformance import expectations, inventory
from conformance.expectations import ExpectationError, KnownDeviation, load, read
from conformance.targets.registry import known_deviations
from reports.model import Verdict
from topologies.nodes import ADAPTERS, bfd_speakers

GOOD = """\
5880-6.8.6-04:
  verdict: FAIL
  violates: 5880-6.8.6-r04
  seen: state Down
  why: it reads Length after it has acted on the packet
  since: "10.1"
"""

VAGUE = """\
5880-6.8.6-04:
  verdict: INCONCLUSIVE
  why: it cannot be told, for some reason or other
  since: "10.1"
"""

SEVERAL = """\
5880-6.8.6-04:
  - {verdict: FAIL, why: it reads Length after it has acted, since: "10.1", releases: [daemon]}
  - {verdict: WARN, why: it reads Length and then shrugs, since: "11.0", releases: [daemon11]}
5880-6.8.6-05:
  {verdict: FAIL, why: it never reads Length at all, since: "10.1"}
"""

ABOUT = ("daemon", "daemon11", "daemon12")


def loaded(folder: Path, release: str = "daemon") -> dict[str, KnownDeviation]:
    return load("daemon", release, ABOUT, folder)


def write(folder: Path, text: str) -> Path:
    path = folder / "daemon.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_target_without_a_file_has_no_known_deviations(tmp_path: Path) -> None:
    assert loaded(tmp_path) == {}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n"])
def test_a_file_without_entries(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    assert loaded(tmp_path) == {}


def test_a_good_file(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (entry,) = loaded(tmp_path).items()
    assert entry[0] == "5880-6.8.6-04"
    assert Verdict(entry[1].verdict) is Verdict.FAIL
    assert (entry[1].violates, entry[1].seen, entry[1].since) == ("5880-6.8.6-r04", "state Down", "10.1")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("verdict: FAIL", "verdict: PASS", "5880-6.8.6-04.verdict: Input should be 'FAIL', 'WARN'"),
        ("verdict: FAIL", "verdict: ERROR", "5880-6.8.6-04.verdict: Input should be 'FAIL', 'WARN'"),
        ("why: it reads Length after it has acted on the packet", "why: a bug", "5880-6.8.6-04.why: String should"),
        ('  since: "10.1"\n', "", "5880-6.8.6-04.since: Field required"),
        ("seen:", "sene:", "5880-6.8.6-04.sene: Extra inputs are not permitted"),
        (GOOD, VAGUE, "5880-6.8.6-04: Value error, INCONCLUSIVE needs a part of the reason in `seen`"),
        (GOOD, "5880-6.8.6-04: FAIL\n", "5880-6.8.6-04: Input should be"),
        (GOOD, "- FAIL\n", "a mapping from case ids to known deviations is needed"),
        (GOOD, "[]\n", "a mapping from case ids to known deviations is needed"),
        ("verdict: FAIL", "verdict: [", "while parsing"),
    ],
)
def test_the_loader_complains_in_one_clear_line(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ExpectationError) as raised:
        loaded(tmp_path)
    message = str(raised.value)
    assert message.startswith(f"{path}: {complaint}")
    assert "\n" not in message


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "daemon.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ExpectationError) as raised:
        loaded(tmp_path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "daemon.yaml").mkdir()
    with pytest.raises(ExpectationError, match="Is a directory"):
        loaded(tmp_path)


def test_releases_of_one_implementation_may_differ(tmp_path: Path) -> None:
    write(tmp_path, SEVERAL)
    told = {name: {id_: entry.verdict for id_, entry in loaded(tmp_path, name).items()} for name in ABOUT}
    assert told == {
        "daemon": {"5880-6.8.6-04": "FAIL", "5880-6.8.6-05": "FAIL"},
        "daemon11": {"5880-6.8.6-04": "WARN", "5880-6.8.6-05": "FAIL"},
        "daemon12": {"5880-6.8.6-05": "FAIL"},
    }


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[daemon11]", "[daemon13]", "04.releases: 'daemon13' is no release; there are: daemon, daemon11, daemon12"),
        ("[daemon11]", "[daemon11, daemon]", "04.releases: two entries are about daemon"),
        (", releases: [daemon11]", "", "04.releases: two entries are about daemon"),
        ("verdict: WARN", "verdict: PASS", "04.1.verdict: Input should be 'FAIL', 'WARN'"),
        ('since: "11.0"', 'till: "11.0"', "04.1.since: Field required"),
    ],
)
def test_complaints_about_a_list_say_which_entry(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in SEVERAL
    path = write(tmp_path, SEVERAL.replace(old, new, 1))
    with pytest.raises(ExpectationError) as raised:
        loaded(tmp_path, "daemon12")
    assert str(raised.value).startswith(f"{path}: 5880-6.8.6-{complaint}")


def test_a_file_about_one_device_names_no_releases(tmp_path: Path) -> None:
    path = write(tmp_path, SEVERAL)
    with pytest.raises(ExpectationError, match="'daemon' is no release; there are: none"):
        read(path)


def stale(known: dict[str, KnownDeviation]) -> list[str]:
    """Entries that speak of a case that is gone, or of a requirement that the case does not judge."""
    cases = inventory.collect()
    return [
        case_id
        for case_id, entry in known.items()
        if case_id not in cases or (entry.violates and entry.violates not in cases[case_id].case.judges)
    ]


def test_shipped_files_are_about_implementations() -> None:
    assert {path.stem for path in expectations.FOLDER.glob("*.yaml")} <= set(ADAPTERS)


@pytest.mark.parametrize("release", bfd_speakers())
def test_shipped_entries_speak_of_real_cases(release: str) -> None:
    assert stale(known_deviations(release)) == []


@pytest.mark.parametrize("release", bfd_speakers())
def test_shipped_accusations_name_the_requirement(release: str) -> None:
    """A FAIL or WARN that does not say of what would cover for any other."""
    known = known_deviations(release).items()
    assert [id_ for id_, entry in known if entry.verdict in ("FAIL", "WARN") and not entry.violates] == []


@pytest.mark.parametrize(("old", "new"), [("5880-6.8.6-04", "5880-6.8.6-99"), ("5880-6.8.6-r04", "5880-6.8.6-r05")])
def test_a_stale_entry_is_found(tmp_path: Path, old: str, new: str) -> None:
    write(tmp_path, GOOD)
    assert stale(loaded(tmp_path)) == []
    write(tmp_path, GOOD.replace(old, new))
    assert len(stale(loaded(tmp_path))) == 1
