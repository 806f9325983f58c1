"""Nodes in containers: what is in them, what they may do, and that nothing of them is left."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

import testinfra

from topologies import podman_service
from topologies.description import LabDescription
from topologies.errors import LabError
from topologies.images import Image, build, images
from topologies.lab import Lab
from topologies.launch import launch, place_for
from topologies.node import SessionSpec
from topologies.nodes import adapter, bfd_speakers, release
from topologies.place import Place, reopen, run
from topologies.podman import ContainerPlace, clear
from topologies.podman_service import connected
from topologies.processes import exited, processes
from topologies.reservation import collect_garbage

pytestmark = [
    pytest.mark.root,
    pytest.mark.podman,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not installed"),
]

OWNER = """
import sys
from pathlib import Path
from topologies.lab import Lab
from topologies.launch import launch

lab = Lab(sys.argv[1], 1, runtime=Path(sys.argv[2]), driver="podman")
lab.up()
print("under way", flush=True)
launch("bird", lab.describe(), "podman")
print("up", flush=True)
input()
"""


@pytest.fixture(scope="module")
def service(runtime: Path) -> Iterator[Path]:
    """The folder of a podman service for what these tests ask."""
    folder = runtime / "asking"
    folder.mkdir()
    yield folder
    podman_service.end(folder)


def need(image: str, service: Path) -> None:
    with connected(service) as client:
        if not client.images.exists(image):
            pytest.skip(f"there is no image {image}: bfdspec lab images {image.rpartition('/')[2]}")


def containers(run_id: str, service: Path) -> list[str]:
    with connected(service) as client:
        return [found.name for found in client.containers.list(all=True) if run_id in found.name]


@pytest.fixture
def lab(runtime: Path) -> Iterator[LabDescription]:
    with Lab(f"pod-{os.getpid()}", 1, runtime=runtime, driver="podman") as laboratory:
        yield laboratory.describe()


@pytest.fixture
def place(lab: LabDescription, service: Path) -> Place:
    found = release("bird")
    need(found.image, service)
    folder = lab.folder / "bird"
    folder.mkdir()
    return place_for(found, "podman", lab.run_id, lab.target_namespace, folder)


def test_an_image_built_anew_replaces_the_former_one(service: Path, tmp_path: Path) -> None:
    image = Image(f"probe-{os.getpid()}", tmp_path, "scratch", {}, ())
    with connected(service) as client:
        found = []
        try:
            for content in "first", "second":
                (tmp_path / "Containerfile").write_text(f"FROM scratch\nLABEL content={content}\n", encoding="utf-8")
                build(client, image, lambda line: None)
                found += client.images.list(filters={"label": f"bfdspec.image={image.name}"})
        finally:
            client.images.remove(image.tag)
    assert [each.labels["content"] for each in found] == ["first", "second"]


@pytest.mark.parametrize("image", images().values(), ids=lambda image: image.name)
def test_an_image_has_its_programs(image: Image, service: Path) -> None:
    need(image.tag, service)
    with connected(service) as client:
        container = client.containers.run(
            image.tag, ["sleep", "60"], detach=True, network_mode="none", init=True, stop_timeout=0
        )
        try:
            host = testinfra.get_host(f"podman://{container.name}")
            suite = image.base.removeprefix("debian:").removesuffix("-slim")
            assert suite in (host.system_info.codename, "sid")
            for package in image.arguments.get("PACKAGES", "").split():
                assert host.package(package).is_installed
                assert host.package(package).version
            for program in ("ip", "ps"):
                assert host.exists(program), "the tests of running nodes ask it"
        finally:
            container.remove(force=True)


@pytest.mark.parametrize("name", bfd_speakers())
def test_a_running_node(name: str, lab: LabDescription, service: Path) -> None:
    found = release(name)
    need(found.image, service)
    handle = launch(name, lab, "podman")
    node = adapter(name).attach(handle)
    host = testinfra.get_host(f"podman://{handle['place']['name']}")

    for package in found.packages:
        assert node.version in host.package(package).version
    inside = {process.pid for process in host.process.filter()}
    for pid in handle["processes"]:
        status = status_of(pid)
        assert status["NSpid"].split()[0] == str(pid)
        assert int(status["NSpid"].split()[-1]) in inside
        assert capabilities(status["CapBnd"]) == len(found.container.capabilities)
    with connected(service) as client:
        granted = client.containers.get(handle["place"]["name"]).inspect()["BoundingCaps"] or []
    assert sorted(granted) == sorted(f"CAP_{name}" for name in found.container.capabilities)

    link = lab.slots[0].links[0]
    spec = SessionSpec("one", link.tester_ipv4, link.target_ipv4, link.target_interface)
    node.add_session(spec)
    assert node.show(spec).state == "down"
    if found.implementation != "ovs":  # whose data path takes the packets before any socket
        assert ":3784 " in host.check_output("ss --listening --udp --numeric --no-header")
    node.remove_session(spec)
    node.stop()
    assert [pid for pid in handle["processes"] if not exited(pid, 0)] == []


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def capabilities(mask: str) -> int:
    return int(mask, 16).bit_count()


def test_tools_see_the_container_and_the_network_of_the_lab(place: Place, lab: LabDescription) -> None:
    packages = run(place, ["dpkg-query", "--show", "--showformat", "${Version}", "bird2"])
    assert packages.stdout.startswith("2.")
    assert (place.root / "usr/sbin/bird").exists()
    link = lab.slots[0].links[0]
    assert link.target_interface in run(place, ["ip", "-brief", "link"], network=True).stdout
    assert run(place, ["cat"], stdin="words").stdout == "words"


def test_a_daemon_lives_from_spawn_to_terminate_in_any_process(place: Place, lab: LabDescription) -> None:
    log = place.folder / "said.log"
    pid = place.spawn(["sh", "-c", "echo out; echo err >&2; exec sleep 600"], log)
    assert pid in processes(lab.target_namespace)
    other = reopen(place.describe())
    assert other.describe() == place.describe()
    second = other.spawn(["sleep", "600"], log)
    other.terminate([pid])
    assert exited(pid, 0)
    assert not exited(second, 0)
    assert log.read_text() == "out\nerr\n"


def test_a_missing_image_is_said_with_what_to_do(lab: LabDescription) -> None:
    nobody = release("bird").model_copy(update={"name": "nobody"})
    (lab.folder / "nobody").mkdir()
    with pytest.raises(LabError, match="image localhost/bfdspec/nobody is missing: bfdspec lab images nobody"):
        place_for(nobody, "podman", lab.run_id, lab.target_namespace, lab.folder / "nobody")


def test_a_run_is_cleared_without_its_namesakes(place: Place, lab: LabDescription, service: Path) -> None:
    assert isinstance(place, ContainerPlace)
    clear(lab.run_id[:-1], service)
    assert containers(lab.run_id, service) == [place.name]
    clear(lab.run_id, lab.folder)
    assert containers(lab.run_id, service) == []


@pytest.mark.parametrize("moment", ["under way", "up"])
def test_what_a_killed_owner_leaves_is_cleared(moment: str, runtime: Path, service: Path) -> None:
    need(release("bird").image, service)
    run_id = f"killed-{os.getpid()}"
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, run_id, str(runtime)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with contextlib.ExitStack() as stack:
        stack.callback(owner.communicate)
        assert owner.stdout is not None
        while owner.stdout.readline().strip() != moment:
            assert owner.poll() is None
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    assert collect_garbage(runtime) == [run_id]
    assert containers(run_id, service) == []
    assert [path.name for path in runtime.iterdir()] == [service.name]
    assert [path.name for path in Path("/run/netns").iterdir() if run_id in path.name] == []
    assert run_id not in Path("/proc/mounts").read_text()


def test_a_service_that_runs_already_is_used(service: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with connected(service) as client:
        url = client.api.base_url.geturl()
    other = runtime / "nowhere"
    monkeypatch.setenv("CONTAINER_HOST", f"unix://{service}/podman.sock")
    with connected(other) as client:
        assert client.ping()
        assert client.api.base_url.geturl() == url
    assert not other.exists()


def test_no_service_is_said_in_one_line(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAINER_HOST", f"unix://{runtime}/none.sock")
    with pytest.raises(LabError, match=r"podman service unix://.*none\.sock") as told, connected(runtime) as client:
        client.ping()
    assert "\n" not in str(told.value)
