"""BFD takes BGP down long before its hold time, at FRR and at BIRD, and BGP comes back (RFC 5882 section 10.2)."""

import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from interop.bgp import Life, judge, lives, read_end
from interop.judgement import EXPIRED
from reports.model import Verdict
from topologies.laboratory import Laboratory
from topologies.nodes import release
from topologies.rehearsal import Done, rehearse
from topologies.topology import find_topology
from topologies.trees import tree

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed"),
]


@pytest.mark.parametrize("name", ["bgp-frr-bird", "bgp-frr10-bird3"])
def test_bfd_takes_bgp_down_and_it_comes_back(name: str, tmp_path: Path) -> None:
    topology = find_topology(name)
    found = [release(node.runs) for node in topology.nodes.values()]
    if missing := [line for each in found for line in each.missing(tree(each), bgp=True)]:
        pytest.skip("; ".join(missing))
    laboratory = Laboratory(topology, f"bgp-{os.getpid()}")
    said: list[Done] = []
    done = rehearse(laboratory, topology.steps, tmp_path, said.append)
    assert [each.trouble for each in done] == [""] * (len(topology.steps) + 1)

    plan = laboratory.blueprint
    bird, frr = (
        lives(read_end(tmp_path / f"{node}.lan.pcapng", plan.node(node).bgp[0].spec.local)) for node in ("bird", "frr")
    )
    # While BFD comes up, BGP may begin before it, and end once more.
    for of_detector in (bird, frr):
        falls = [life for life in of_detector if life.by_itself and life.fell is not None and life.fell.diag == EXPIRED]
        assert falls
        for life in falls:
            _fell(life)
        assert of_detector[-1].ended is None
        assert of_detector[-1].established_ns > falls[-1].established_ns


def _fell(life: Life) -> None:
    """An end that hears nothing any more: its last packet, then BFD Down, then the end of BGP."""
    conclusion = judge(life)
    assert conclusion.verdict is Verdict.PASS, conclusion
    assert life.heard is not None
    assert life.fell is not None
    assert life.ended is not None
    assert (life.hold_s, life.detection_us) == (90, 900_000)
    assert life.established_ns < life.heard.time_ns < life.fell.time_ns <= life.ended.time_ns
    assert life.ended.time_ns - life.heard.time_ns < life.hold_s * 10**9 / 10
