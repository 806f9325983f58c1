"""What aiobfd writes into its log, without running it."""

from pathlib import Path

import pytest

from topologies.nodes import release
from topologies.nodes.aiobfd import adapter
from topologies.place import NetnsPlace

READY, INIT, UP = (
    "BFD Daemon fully configured.",
    "BFD session with 10.0.0.1 going to INIT state.",
    "BFD session with 10.0.0.1 going to UP state.",
)
EXPIRED, DOWN, ADMIN_DOWN = (
    "Detected BFD remote 10.0.0.1 going DOWN!",
    "BFD remote 10.0.0.1 signaled going DOWN.",
    "BFD remote 10.0.0.1 signaled going ADMIN_DOWN.",
)


@pytest.mark.parametrize(
    ("lines", "state", "diag"),
    [
        ([], "unknown", None),
        ([READY], "down", 0),
        ([READY, INIT], "init", 0),
        ([READY, INIT, UP], "up", 0),
        ([READY, INIT, UP, EXPIRED], "down", 1),
        ([READY, UP, DOWN], "down", 3),
        ([READY, UP, ADMIN_DOWN], "down", 3),
        ([READY, UP, EXPIRED, INIT, UP], "up", 1),
        ([READY, UP, "Task exception was never retrieved", "OSError: something"], "up", 0),
    ],
)
def test_the_log_tells_the_state(lines: list[str], state: str, diag: int | None) -> None:
    shown = adapter.view("\n".join(lines))
    assert (shown.state, shown.diag) == (state, diag)


def test_the_image_has_what_the_virtual_environment_has() -> None:
    text = (Path(adapter.__file__).parent / "Containerfile").read_text()
    assert " ".join(f'"{each}"' for each in release("aiobfd").virtualenv) in text


def test_whoever_pauses_it_has_the_process_of_each_session(tmp_path: Path) -> None:
    place = NetnsPlace("run-1", "none", tmp_path).describe()
    node = adapter.AiobfdNode.attach(
        {"node": "aiobfd", "version": "0.2", "place": place, "processes": [], "program": "aiobfd"}
    )
    assert node.processes() == []
    for number in (7, 8):
        (tmp_path / f"10.0.0.{number}-10.0.0.1.pid").write_text(str(number))
    assert sorted(node.processes()) == [7, 8]
