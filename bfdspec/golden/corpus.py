"""The files of the corpus: making the captures, judging them, and what is expected of them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bfdspec.golden import speakers
from bfdspec.golden.plan import PEERS, PLANTED, Planted
from bfdspec.golden.stage import Stage
from bfdspec.golden.stories import STORIES
from captures.conversation import Conversation
from captures.digests import Keys, read_keys
from captures.fast import read_fast
from captures.fold import fold
from captures.judging import judge_all, views

FOLDER = Path(__file__).parents[2] / "captures" / "golden"
EXPECTED = "expected.yaml"
KEYS = "keys.yaml"
STORIES_FOLDER = "stories"

ONE_LINE = 10_000

Found = list[dict[str, Any]]

_HEAD = """\
# What `bfdspec verify` has to find in each capture, and nothing else. `frame` is the first that shows it.
# Made by `python -m bfdspec.golden`; read each line that changes against the RFC, then commit it.
"""


def make(folder: Path = FOLDER) -> list[Path]:
    """Make the captures of the plan anew: each story with a speaker that does as the RFCs say, and each violation.
    Returns the files. Raises OSError."""
    made = []
    for name in STORIES:
        made.append(folder / STORIES_FOLDER / f"{name}.pcapng")
        _play(made[-1], name)
    for planted in PLANTED:
        made.append(folder / planted.file)
        _play(made[-1], planted.story, planted)
    return made


def _play(path: Path, story: str, planted: Planted | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    speaker = planted.deviant() if planted is not None else speakers.HONEST
    peer = PEERS[planted.peer if planted is not None else ""]
    stage = Stage(path, speaker, peer, seed=path.stem)
    try:
        STORIES[story](stage)
    finally:
        stage.close()


def captures(folder: Path = FOLDER) -> dict[str, Path]:
    """Every capture of the corpus, by its path below the folder."""
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.pcapng"))}


def findings(conversations: Sequence[Conversation]) -> Found:
    """What the checks find, in the order of speakers and checks."""
    return list(_findings(conversations))


def _findings(conversations: Sequence[Conversation]) -> Iterator[dict[str, Any]]:
    for speaker, outcomes in judge_all(views(conversations)).items():
        for outcome in outcomes:
            for each in outcome.findings:
                yield {"check": each.check, "speaker": speaker, "frame": min(each.frames), "seen": each.seen}


def keys(folder: Path = FOLDER) -> Keys:
    """The keys of all sessions of the corpus. Raises KeysError."""
    return read_keys(folder / KEYS)


def load(folder: Path = FOLDER) -> Mapping[str, Found]:
    """What is expected, by capture."""
    expected: Mapping[str, Found] = yaml.safe_load((folder / EXPECTED).read_text(encoding="utf-8"))
    return expected


def renew(folder: Path = FOLDER) -> Mapping[str, Found]:
    """Judge all captures and write down what is found. Returns that. Raises OSError, CaptureError, KeysError."""
    known = keys(folder)
    found = {name: findings(fold(read_fast(path, keys=known))) for name, path in captures(folder).items()}
    lines = [_HEAD]
    for name, each in found.items():
        lines.append(f"{name}:" + ("" if each else " []") + "\n")
        if each:
            lines.append(yaml.safe_dump(each, sort_keys=False, width=ONE_LINE))
    (folder / EXPECTED).write_text("".join(lines), encoding="utf-8")
    return found
