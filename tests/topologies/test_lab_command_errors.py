"""Whatever goes wrong in a command of the laboratory is one line and an exit code."""

import pytest

from topologies.commands.errors import reported
from topologies.errors import LabError
from topologies.topology import TopologyError


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (LabError("no way"), "bfdspec lab up: no way", 3),
        (TopologyError("x.yaml: no"), "bfdspec lab up: x.yaml: no", 2),
        (PermissionError(13, "Permission denied", "/there"), "bfdspec lab up: /there: Permission denied", 3),
        (KeyboardInterrupt(), "bfdspec lab up: interrupted", 130),
    ],
)
def test_one_line_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, line: str, code: int
) -> None:
    with pytest.raises(SystemExit) as ended, reported("up"):
        raise error
    assert ended.value.code == code
    assert capsys.readouterr().err == f"{line}\n"
