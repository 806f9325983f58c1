"""A daemon whose sessions disturb each other: every worker finds one of its own, in a laboratory of its own."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from conformance.targets.lab import LabTarget, running
from topologies import journal
from topologies.nodes import release
from topologies.processes import terminate

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


def test_a_daemon_that_has_crashed_is_started_anew_and_the_next_case_says_so(runtime: Path) -> None:
    with (
        running("keepalived", f"anew-{os.getpid()}", 1) as path,
        ThreadPoolExecutor(max_workers=1) as elsewhere,
    ):
        target = elsewhere.submit(LabTarget, path, 0).result()
        before = elsewhere.submit(target.lease, Random(1)).result()
        assert before.remark == ""
        before.wire.close()
        processes = before.node.processes()  # type: ignore[attr-defined]  # of a daemon's node
        terminate(json.loads(path.read_text())["labs"][0]["lab"]["target_namespace"], only=processes, grace_s=0)
        after = elsewhere.submit(target.lease, Random(1)).result()
        after.wire.close()
        assert after.remark == "keepalived had ended in or after an earlier case, and was started anew"
        assert after.node.processes() != processes  # type: ignore[attr-defined]
    assert list(runtime.iterdir()) == []
