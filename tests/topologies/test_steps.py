"""Steps of a topology: what may be written, what is said about the rest, and that they are carried out."""

import os
from pathlib import Path
from typing import Any

import pytest

from topologies.steps import Step
from topologies.topology import Topology, TopologyError, parse_topology


def topology(*steps: dict[str, Any], **lan: Any) -> Topology:
    return parse_topology(
        {
            "name": f"steps-{os.getpid()}",
            "networks": {"lan": lan},
            "nodes": {name: {"runs": "refbfd", "networks": ["lan"]} for name in ("a", "b")},
            "sessions": [{"between": ["a", "b"], "desired_min_tx": "100ms", "required_min_rx": "100ms"}],
            "steps": list(steps),
        },
        "x.yaml",
    )


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"expect": "down"}, "all sessions are down within 10 s"),
        ({"expect": "up", "throughout": "1500ms"}, "all sessions stay up for 1.5 s"),
        ({"do": "cut", "network": "lan", "node": "a", "direction": "from"}, "cut a on lan from"),
        ({"do": "delay", "network": "lan", "node": "a", "delay": "40ms"}, "delay a on lan 40 ms both"),
        ({"do": "unplug", "network": "lan", "node": "b", "link": 1}, "unplug b on lan link 1"),
        ({"do": "restart", "node": "a"}, "restart a"),
    ],
)
def test_words(step: dict[str, Any], words: str) -> None:
    assert topology(step).steps[0].words() == words


@pytest.mark.parametrize(
    ("step", "words", "about_bgp"),
    [
        ({"expect": "ended", "within": "3s"}, "all BGP sessions are ended within 3 s", True),
        ({"expect": "established", "throughout": "2s"}, "all BGP sessions stay established for 2 s", True),
        ({"expect": "down"}, "all sessions are down within 10 s", False),
    ],
)
def test_bgp_sessions_are_established_or_ended(step: dict[str, Any], words: str, *, about_bgp: bool) -> None:
    found = Step.model_validate(step)
    assert (found.words(), found.about_bgp) == (words, about_bgp)


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ({}, "do and expect: allowed is exactly one of them"),
        ({"do": "pause", "expect": "up", "node": "a"}, "do and expect: allowed is exactly one of them"),
        ({"do": "pause"}, "node: pause needs the name of a node"),
        ({"do": "pause", "node": "a", "network": "lan"}, "network: allowed with cut, "),
        ({"do": "cut", "node": "a"}, "network: allowed with cut, "),
        ({"do": "cut", "node": "c", "network": "lan"}, "steps[0].node: c: allowed is a, b"),
        ({"do": "explode", "node": "a"}, "explode"),
        ({"expect": "up", "within": "soon"}, "within"),
        ({"expect": "established"}, "steps[0].expect: established: allowed with BGP sessions"),
    ],
)
def test_what_is_no_step_is_refused_in_one_line(step: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TopologyError) as refused:
        topology(step)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
def test_a_rehearsal_ends_at_the_first_step_that_fails_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")
    from topologies import journal  # noqa: PLC0415
    from topologies.laboratory import Laboratory  # noqa: PLC0415
    from topologies.rehearsal import rehearse  # noqa: PLC0415

    cut = {"do": "cut", "network": "lan", "node": "a", "direction": "to"}
    found = topology(
        cut,
        {"expect": "down"},
        {"do": "restore", "network": "lan", "node": "a"},
        {"expect": "up"},
        {"expect": "down", "within": "300ms"},
        cut,
    )
    said: list[object] = []
    done = rehearse(Laboratory(found), found.steps, tmp_path / "out", said.append)
    assert said == done
    assert [each.step for each in done] == ["the sessions are up", *(step.words() for step in found.steps[:5])]
    assert [bool(each.trouble) for each in done] == [False] * 5 + [True]
    assert "a-b at a: up" in done[-1].trouble
    assert {"rehearsal.json", "a-refbfd.log"} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert found.name not in [entry.run_id for entry in journal.entries(journal.runtime_folder())]
