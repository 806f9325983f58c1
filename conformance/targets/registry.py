"""Which targets there are, by name."""

import os
from pathlib import Path

from conformance.targets.target import Target

REFERENCE = "reference"


def names() -> list[str]:
    """Every target that can be named, the reference first."""
    from topologies.nodes import available  # noqa: PLC0415 - the reference needs none of it

    return [REFERENCE, *available()]


def attach(name: str, lab: Path | None) -> Target:
    """The target as one worker of a run sees it; `lab` is the file of a running laboratory, None for the reference."""
    if lab is None:
        from conformance.targets.reference import ReferenceTarget  # noqa: PLC0415

        return ReferenceTarget()
    from conformance.targets.lab import LabTarget  # noqa: PLC0415 - netlink is of no use on the virtual clock

    return LabTarget(Path(lab), worker_number())


def worker_number() -> int:
    """Number of this process among the workers of a run (pytest-xdist names them gw0, gw1 ...)."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
