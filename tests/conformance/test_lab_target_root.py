"""A daemon whose sessions disturb each other: every worker finds one of its own, in a laboratory of its own."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from conformance.targets.lab import LabTarget, running
from topologies import journal
from topologies.nodes import release

MISSING = release("keepalived").missing()

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING)),
]


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="bfds-", dir="/run"))
    monkeypatch.setattr(journal, "runtime_folder", lambda: folder)
    yield folder
    shutil.rmtree(folder)


def test_each_slot_has_a_daemon_of_its_own(runtime: Path) -> None:
    with (
        running("keepalived", f"each-{os.getpid()}", 2, links_per_slot=2) as path,
        ThreadPoolExecutor(max_workers=1) as elsewhere,
    ):
        labs = json.loads(path.read_text())["labs"]
        assert [len(each["lab"]["slots"]) for each in labs] == [1, 1]
        assert len({each["handle"]["processes"][0] for each in labs}) == 2
        second = elsewhere.submit(LabTarget, path, 1).result()  # in a thread, as it enters a namespace
        assert (second.name, second.version) == ("keepalived", labs[1]["handle"]["version"])
        entered = elsewhere.submit(lambda: Path("/proc/thread-self/ns/net").stat()).result()
        assert os.path.samestat(entered, Path("/run/netns", labs[1]["lab"]["tester_namespace"]).stat())
    assert list(runtime.iterdir()) == []
