"""BGP speakers of the laboratory tell each other routes, and what is missing is seen."""

import os
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from topologies.errors import LabError
from topologies.laboratory import Laboratory
from topologies.nodes import release
from topologies.rehearsal import Done, rehearse
from topologies.topology import Topology, find_topology
from topologies.trees import tree

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]


def need(topology: Topology) -> None:
    found = [release(node.runs) for node in topology.nodes.values()]
    if missing := [line for each in found for line in each.missing(tree(each), bgp=True)]:
        pytest.skip("; ".join(missing))


def test_exabgp_and_frr_tell_each_other_routes_until_the_hold_time_is_over(runtime: Path, tmp_path: Path) -> None:
    topology = find_topology("bgp-exabgp-frr")
    need(topology)
    said: list[Done] = []
    done = rehearse(Laboratory(topology, f"exa-{os.getpid()}", runtime=runtime), topology.steps, tmp_path, said.append)
    assert [each.trouble for each in done] == [""] * (len(topology.steps) + 1)


@pytest.mark.parametrize("name", ["bgp-gobgp-frr", "bgp-frr-bird"])
def test_the_prefixes_of_one_end_are_at_the_other(name: str, runtime: Path) -> None:
    topology = find_topology(name)
    need(topology)
    with Laboratory(topology, f"told-{os.getpid()}", runtime=runtime) as laboratory:
        one, other = laboratory.bgp_status()
        assert one.bgp.spec.announces[0] in other.view.routes
        assert other.bgp.spec.announces[0] in one.view.routes
        assert one.complete
        assert other.complete


def test_a_route_that_nobody_knows_keeps_the_laboratory_from_being_up(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FRR is not told what it should announce."""
    from topologies.nodes.frr import adapter  # noqa: PLC0415

    topology = find_topology("bgp-frr-bird").model_copy(update={"steps": ()})
    need(topology)
    lines = adapter.neighbour_lines
    silent = lambda spec, profile: [line for line in lines(spec, profile) if not line.startswith("network ")]  # noqa: E731
    monkeypatch.setattr(adapter, "neighbour_lines", silent)
    laboratory = Laboratory(topology, f"mute-{os.getpid()}", runtime=runtime)
    with pytest.raises(
        LabError, match=r"not Up after 12 s: BGP frr-bird at bird: established, without 198\.51\.100\.0/24"
    ):
        laboratory.up(ready_s=12)
