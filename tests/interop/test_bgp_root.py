"""BFD takes BGP down long before its hold time, at FRR, BIRD and GoBGP, and BGP comes back (RFC 5882 section 10.2)."""

import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from interop.bgp import Life, judge, lives, read_end
from interop.evidence import is_up
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


@pytest.mark.parametrize("name", ["bgp-frr-bird", "bgp-frr10-bird3", "bgp-gobgp-frr"])
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
    # While BFD comes up, BGP may begin before it, and end once more.
    for node in plan.nodes:
        of_detector = lives(read_end(tmp_path / f"{node.name}.lan.pcapng", node.bgp[0].spec.local))
        falls = [life for life in of_detector if _is_deaf(life)]
        assert falls
        for life in falls:
            _fell(life)
            if node.runs != "gobgp":  # which ends BGP first, and says Down in its next packet
                assert life.fell is not None
                assert life.fell.diag == EXPIRED
        assert of_detector[-1].ended is None
        assert of_detector[-1].established_ns > falls[-1].established_ns


def _is_deaf(life: Life) -> bool:
    """Whether it was ended by an end that hears nothing any more: the last thing it heard was not Down."""
    return life.by_itself and life.heard is not None and is_up(life.heard) and judge(life).verdict is Verdict.PASS


def _fell(life: Life) -> None:
    """The last packet, then BFD Down, where that is told before it, then the end of BGP."""
    assert life.heard is not None
    assert life.ended is not None
    assert (life.hold_s, life.detection_us) == (90, 900_000)
    fell_ns = life.ended.time_ns if life.fell is None else life.fell.time_ns
    assert life.established_ns < life.heard.time_ns < fell_ns <= life.ended.time_ns
    assert life.ended.time_ns - life.heard.time_ns < life.hold_s * 10**9 / 10
