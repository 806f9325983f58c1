"""What is known of an implementation before it runs, read from its `node.yaml`. Data only, no process is started."""

import os
import shutil
import sysconfig
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from topologies.cache import virtualenv
from topologies.node import Capability, NodeError

_HERE = Path("/")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Container(_Model):
    """What an implementation needs in a container: exactly these capabilities, without CAP_, and devices."""

    capabilities: tuple[Annotated[str, Field(pattern=r"^[A-Z_]+$")], ...] = ()
    devices: tuple[Annotated[str, Field(pattern=r"^/dev/")], ...] = ()


class Release(_Model):
    """One version of an implementation: what can be named as a target, and as a node of a topology.

    `suite` is the Debian suite whose packages bring the programs, in an image and in a root tree. `here` says that the
    netns driver takes the programs of this machine instead, whatever their version. `search` are folders outside of
    PATH where the `binaries` may lie. `one_slot` says that sessions of one daemon disturb each other, so that a daemon
    serves one slot. `virtualenv` are requirements, in pip's words, of programs in Python that must not share an
    environment with anything else: on this machine they have one of their own. `sessions_per_core` is how many
    sessions a core bears without anybody being late, None where that is more than a tester runs at once. `lacks` says
    why each missing capability is missing; what is not listed is offered. `bgp` are the programs, among the same
    packages, that a BGP neighbour needs besides; None where there is no BGP. `bfd` says whether there is BFD: a node
    without it is there for its BGP, and is nobody's target.
    """

    name: str
    implementation: str
    description: str
    suite: str
    here: bool
    packages: tuple[str, ...]
    binaries: tuple[str, ...]
    search: tuple[str, ...]
    one_slot: bool
    virtualenv: tuple[str, ...]
    sessions_per_core: int | None
    container: Container
    lacks: dict[Capability, str]
    bfd: bool
    bgp: tuple[str, ...] | None

    @property
    def image(self) -> str:
        """The full name of its container image."""
        return image_name(self.name)

    def find(self, binary: str, root: Path = _HERE) -> str:
        """The path of a program in the file system that begins at `root`, as seen from within it. Raises NodeError
        with what to install."""
        # A virtual environment's programs are found even when it is not activated.
        scripts = [str(self.home / "bin"), sysconfig.get_path("scripts")] if root == _HERE else []
        folders = [*self.search, *scripts, *os.environ.get("PATH", os.defpath).split(os.pathsep)]
        for folder in folders:
            if shutil.which(binary, path=str(root / folder.lstrip("/"))) is not None:
                return str(Path(folder) / binary)
        raise NodeError(f"{self.name}: program {binary} not found in {root}: {self._remedy(root)}")

    def missing(self, root: Path = _HERE, *, bgp: bool = False) -> list[str]:
        """One line for each program that is not there; `bgp` says that there will be BGP neighbours."""
        lines = []
        for binary in (*self.binaries, *((self.bgp or ()) if bgp else ())):
            try:
                self.find(binary, root)
            except NodeError as error:
                lines.append(str(error))
        return lines

    @property
    def home(self) -> Path:
        """Where its virtual environment is, or would be; see `topologies.virtualenvs`."""
        return virtualenv(self.name)

    def _remedy(self, root: Path) -> str:
        if root != _HERE and not self.here:
            return f"run `bfdspec lab trees {self.suite}`"
        if self.virtualenv:
            return f"run `bfdspec lab virtualenvs {self.name}`"
        return f"install the Debian package {' '.join(self.packages)}" if self.packages else "install bfdspec"


class _Release(_Model):
    """What `node.yaml` says of a release; the rest is the implementation's. `has` are capabilities that others lack."""

    description: str = ""
    suite: str
    here: bool = False
    packages: tuple[str, ...] = ()
    lacks: dict[Capability, str] = {}
    has: tuple[Capability, ...] = ()
    one_slot: bool = False


class Manifest(_Model):
    """The content of a `node.yaml`: what all releases of an implementation share, and the releases by name."""

    name: str
    description: str
    packages: tuple[str, ...] = ()
    binaries: tuple[str, ...]
    search: tuple[str, ...] = ()
    one_slot: bool = False
    virtualenv: tuple[str, ...] = ()
    sessions_per_core: PositiveInt | None = None
    container: Container = Container()
    lacks: dict[Capability, str] = {}
    bfd: bool = True
    bgp: tuple[str, ...] | None = None
    releases: dict[str, _Release]

    def release(self, name: str) -> Release:
        """A release with everything that is known of it. Raises KeyError where there is none of this name."""
        own = self.releases[name]
        lacks = {capability: why for capability, why in self.lacks.items() if capability not in own.has}
        return Release(
            name=name,
            implementation=self.name,
            description=own.description or self.description,
            suite=own.suite,
            here=own.here,
            packages=own.packages or self.packages,
            binaries=self.binaries,
            search=self.search,
            one_slot=self.one_slot or own.one_slot,
            virtualenv=self.virtualenv,
            sessions_per_core=self.sessions_per_core,
            container=self.container,
            lacks={**lacks, **own.lacks},
            bfd=self.bfd,
            bgp=self.bgp,
        )


def image_name(name: str) -> str:
    """The full name of the container image of a release, or of another node of the laboratory."""
    return f"localhost/bfdspec/{name}"


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
