"""Which targets there are, by name."""

import os
from pathlib import Path

from conformance import expectations
from conformance.expectations import KnownDeviation
from conformance.targets.target import Target

REFERENCE = "reference"

DEVICE_SUFFIXES = (".yaml", ".yml")


def names() -> list[str]:
    """Every target that can be named, the reference first. A device is not named, but described by a file."""
    from topologies.nodes import available  # noqa: PLC0415 - the reference needs none of it

    return [REFERENCE, *available()]


def absence(name: str) -> str:
    """Why a target that could be named is not there, in one line; "" where none is called so. Not for devices."""
    from topologies.nodes import bfd_speakers  # noqa: PLC0415
    from topologies.trees import tree  # noqa: PLC0415

    found = bfd_speakers().get(name)
    return next(iter(found.missing(tree(found))), "") if found is not None else ""


def is_device(name: str) -> bool:
    """Is it the file of a device?"""
    return name.endswith(DEVICE_SUFFIXES)


def known_deviations(name: str) -> dict[str, KnownDeviation]:
    """What the target is known to do, by case id: from the file of its implementation, or from the one that a device
    file names, relative to itself. Raises ExpectationError, and topologies.nodes.device.description.DeviceError."""
    if name == REFERENCE:
        return {}
    if not is_device(name):
        from topologies.nodes import ADAPTERS, release  # noqa: PLC0415

        implementation = release(name).implementation
        return expectations.load(implementation, name, ADAPTERS[implementation].manifest.releases)
    from topologies.nodes.device.description import load_device  # noqa: PLC0415

    path = load_device(Path(name)).expectations
    return {} if path is None else expectations.read(Path(name).parent / path)


def attach(name: str, lab: Path | None) -> Target:
    """The target as one worker of a run sees it; `lab` is the file of a running laboratory, None for the reference and
    for a device."""
    if is_device(name):
        from conformance.targets.device import DeviceTarget  # noqa: PLC0415 - netlink is of no use on the virtual clock

        return DeviceTarget(Path(name))
    if lab is None:
        from conformance.targets.reference import ReferenceTarget  # noqa: PLC0415

        return ReferenceTarget()
    from conformance.targets.lab import LabTarget  # noqa: PLC0415

    return LabTarget(Path(lab), worker_number())


def worker_number() -> int:
    """Number of this process among the workers of a run (pytest-xdist names them gw0, gw1 ...)."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
