"""What is known of an implementation before it runs, read from its `node.yaml`. Data only, no process is started."""

import os
import shutil
import sysconfig
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from topologies.node import Capability, NodeError


class Manifest(BaseModel):
    """The content of a `node.yaml`.

    `packages` are Debian packages that bring the `binaries`; `search` are folders outside of PATH where the binaries
    may lie. `lacks` says why each missing capability is missing; what is not listed is offered.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    description: str
    packages: tuple[str, ...] = ()
    binaries: tuple[str, ...]
    search: tuple[str, ...] = ()
    lacks: dict[Capability, str] = {}

    def find(self, binary: str) -> Path:
        """Where a program lies. Raises NodeError with the package to install."""
        # A virtual environment's programs are found even when it is not activated.
        folders = [*self.search, sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]
        found = shutil.which(binary, path=os.pathsep.join(folders))
        if found is None:
            remedy = f"install the Debian package {' '.join(self.packages)}" if self.packages else "install bfdspec"
            raise NodeError(f"{self.name}: program {binary} not found: {remedy}")
        return Path(found)

    def missing(self) -> list[str]:
        """One line for each program that is not installed."""
        lines = []
        for binary in self.binaries:
            try:
                self.find(binary)
            except NodeError as error:
                lines.append(str(error))
        return lines


def load_manifest(folder: Path) -> Manifest:
    """Read `folder`/node.yaml. Raises NodeError naming the file, the key and what is wrong with it."""
    path = folder / "node.yaml"
    try:
        return Manifest.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        raise NodeError(f"{path}: {key}: {first['msg']}") from error
    except (OSError, yaml.YAMLError) as error:
        raise NodeError(f"{path}: {error}") from error
