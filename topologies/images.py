"""Images of the nodes: what there is to build, from which base, and how.

The Containerfiles are ordinary ones. A Debian base that cannot be pulled is bootstrapped by mmdebstrap and tagged with
its public name, so that they never notice.
"""

import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import IO, TYPE_CHECKING, Any

from topologies.errors import LabError
from topologies.nodes import RELEASES
from topologies.nodes.manifest import Release, image_name

if TYPE_CHECKING:
    from podman import PodmanClient

_NODES = Path(__file__).parent / "nodes"
_CHECKOUT = _NODES.parents[1]
_CONTAINERFILE = "Containerfile"
_FROM = re.compile(r"^FROM (\S+)$", re.MULTILINE)
_ARG = re.compile(r'^ARG (\w+)="?([^"\n]+)"?$', re.MULTILINE)
_DEBIAN = re.compile(r"debian:([a-z]+)-slim")
_COPY = re.compile(r"^COPY (.+) \S+$", re.MULTILINE)

_SECRET = "ca-certificates"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Offered to builds as a secret of that name: what this machine trusts, behind a private authority for example, pip
trusts in a build."""

_LABEL = "bfdspec.image"

_PULL_S = 300.0
_BUILD_S = 900.0

Say = Callable[[str], None]
"""Takes a line of progress."""


@dataclass(frozen=True, slots=True)
class Image:
    """`base` is a public name. `arguments` are the build's, SUITE and PACKAGES where the Containerfile has them.
    `sources` are what it copies from its context, a checkout of the project."""

    name: str
    folder: Path
    base: str
    arguments: Mapping[str, str]
    sources: tuple[str, ...]

    @property
    def tag(self) -> str:
        """The full name under which podman has it."""
        return image_name(self.name)


def images() -> dict[str, Image]:
    """What can be built, by name: an image for each release of an implementation, and one for each folder that has a
    Containerfile and no releases, such as the one that captures."""
    found = {}
    for path in sorted(_NODES.glob(f"*/{_CONTAINERFILE}")):
        name = path.parent.name
        releases = [release for release in RELEASES.values() if release.implementation == name]
        for release in releases:
            found[release.name] = _image(release.name, path, release)
        if not releases:
            found[name] = _image(name, path, None)
    return found


def _image(name: str, path: Path, release: Release | None) -> Image:
    text = path.read_text(encoding="utf-8")
    arguments = dict(_ARG.findall(text))
    if release is not None:
        own = {"SUITE": release.suite, "PACKAGES": " ".join(release.packages)}
        arguments = {key: own.get(key) or usual for key, usual in arguments.items()}
    (base,) = _FROM.findall(text)
    sources = tuple(source for sources in _COPY.findall(text) for source in sources.split())
    return Image(name, path.parent, Template(base).substitute(arguments), arguments, sources)


def provide_base(client: "PodmanClient", image: Image, say: Say) -> None:
    """Have the base of an image: it is there, or is pulled, or is bootstrapped. Raises LabError."""
    if client.images.exists(image.base):
        return
    say(f"pulling {image.base}")
    refusal = _pull(client, image.base)
    if refusal is None:
        return
    debian = _DEBIAN.fullmatch(image.base)
    if debian is None:
        raise LabError(f"{image.base} cannot be pulled: {refusal}")
    if shutil.which("mmdebstrap") is None:
        raise LabError(f"{image.base} cannot be pulled ({refusal}): install mmdebstrap, which makes it of packages")
    say(f"bootstrapping {image.base}, as it cannot be pulled")
    reason = _bootstrap(client, image.base, debian[1])
    if reason is not None and "expired" in reason:
        # The Release file of a mirror that is not kept up to date. It stays so for `apt-get update` in the image.
        reason = _bootstrap(client, image.base, debian[1], "--aptopt=Acquire::Check-Valid-Until false")
    if reason is not None:
        raise LabError(f"{image.base}: mmdebstrap: {reason}")


def build(client: "PodmanClient", image: Image, say: Say) -> None:
    """Build an image, its base being there; steps of which nothing has changed are taken from podman's cache. The image
    that had its name is removed, unless something uses it. Raises LabError with the last words of the step that failed.
    """
    parameters = {
        "t": image.tag,
        "dockerfile": _CONTAINERFILE,
        "buildargs": json.dumps(dict(image.arguments)),
        "labels": json.dumps({_LABEL: image.name}),
        "networkmode": "host",  # a build only fetches packages: no network of podman's own is needed for that
        "layers": True,
        "rm": True,
        "forcerm": True,
    }
    if _CERTIFICATES.exists():
        parameters["secrets"] = json.dumps([f"id={_SECRET},src={_SECRET}"])
    with _context(image) as context:
        response = client.api.post(
            "/build",
            params=parameters,
            data=context,
            headers={"Content-type": "application/x-tar"},
            stream=True,
            timeout=_BUILD_S,
        )
        response.raise_for_status()
        said: list[str] = []
        for message in _messages(response):
            if "error" in message:
                raise LabError(f"{image.tag}: {_last_words([*said, message['error']])}")
            lines = [line for line in message.get("stream", "").splitlines() if line.strip()]
            said += lines
            for line in lines:
                if line.startswith("STEP "):
                    say(line)
    if not client.images.exists(image.tag):
        raise LabError(f"{image.tag}: podman built it without an error, and does not have it")
    for former in client.images.list(filters={"label": f"{_LABEL}={image.name}", "dangling": True}):
        client.api.delete(f"/images/{former.id}")  # which a container that uses it refuses: the next build asks again


def _pull(client: "PodmanClient", name: str) -> str | None:
    """Pull an image; the reason if it cannot be done."""
    response = client.api.post(
        "/images/pull", params={"reference": name, "policy": "missing"}, stream=True, timeout=_PULL_S
    )
    if not response.ok:
        return str(response.reason)
    errors = [str(message["error"]) for message in _messages(response) if "error" in message]
    return errors[0].rpartition(": ")[2] if errors else None


def _bootstrap(client: "PodmanClient", name: str, suite: str, *options: str) -> str | None:
    """Import as `name` what mmdebstrap makes of a suite; the reason if it makes nothing."""
    # The death signal, because mmdebstrap would otherwise finish its work for nobody.
    command = ["setpriv", "--pdeathsig", "TERM", "mmdebstrap", "--variant=minbase", *options, suite, "-"]
    with tempfile.TemporaryFile() as archive:
        made = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=archive, stderr=subprocess.PIPE, text=True, check=False
        )
        if made.returncode != 0:
            lines = made.stderr.splitlines()
            return next((line for line in lines if line.startswith("E:")), _last_words(lines))
        archive.seek(0)
        response = client.api.post(
            "/images/import",
            params={"reference": name, "changes": ['CMD ["bash"]']},
            data=archive,
            headers={"Content-type": "application/x-tar"},
            timeout=_BUILD_S,
        )
        response.raise_for_status()
    return None


@contextmanager
def _context(image: Image) -> Iterator[IO[bytes]]:
    """The build context as a tar archive, with the secret in it: podman looks for it there."""
    with tempfile.TemporaryFile() as archive:
        with tarfile.open(fileobj=archive, mode="w", dereference=True) as tar:
            tar.add(image.folder / _CONTAINERFILE, _CONTAINERFILE)
            if _CERTIFICATES.exists():
                tar.add(_CERTIFICATES, _SECRET)
            for name in image.sources:
                try:
                    tar.add(_CHECKOUT / name, name, filter=_without_history)
                except FileNotFoundError:
                    where = f"built from a checkout of the project, which {_CHECKOUT} is not"
                    raise LabError(f"image {image.name} is {where}: there is no {name}") from None
        archive.seek(0)
        yield archive


def _without_history(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Sources only, and nothing of when and whose they are, so that what is unchanged is found in podman's cache."""
    if "__pycache__" in member.name:
        return None
    member.mtime = member.uid = member.gid = 0
    return member


def _messages(response: Any) -> Iterator[dict[str, Any]]:
    """A stream of JSON objects, one a line."""
    for line in response.iter_lines():
        if line.strip():
            yield json.loads(line)


def _last_words(lines: Sequence[str]) -> str:
    """The reason in what a failing step said: the last line that calls itself an error, else the last line."""
    errors = [line for line in lines if re.match(r"(E|ERROR|Error):?\s", line.strip())]
    return (errors or list(lines) or ["it says nothing"])[-1].strip()
