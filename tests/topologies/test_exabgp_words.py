"""ExaBGP's words, without ExaBGP: the configuration it is given, what it logs and what it tells of a neighbour."""

import json
import signal
from pathlib import Path
from typing import Any, cast

import pytest

from topologies.node import BgpSpec, LackError, NodeError, SessionSpec
from topologies.nodes.exabgp import adapter
from topologies.nodes.exabgp.adapter import ExabgpNode, bgp_view
from topologies.place import Place

GOLDEN = Path(__file__).parent / "golden"
BGP = BgpSpec("a-b", "10.0.0.1", "10.0.0.2", 64513, 64514, "192.0.2.1", 90, ("198.51.100.0/24", "203.0.113.0/25"))
OTHER = BgpSpec("a-b-2", "fd00::1", "fd00::2", 64513, 64514, "192.0.2.1", 9)


class FakePlace:
    """A folder; the daemon is played by the test."""

    run_id = "run-1"
    namespace = "bfds-run-1-target"

    def __init__(self, folder: Path) -> None:
        self.folder = folder


@pytest.fixture
def answers() -> list[str]:
    """What it logs at each SIGUSR1; it says nothing where there is none."""
    return []


@pytest.fixture
def node(tmp_path: Path, answers: list[str], monkeypatch: pytest.MonkeyPatch) -> ExabgpNode:
    log = tmp_path / "exabgp.log"
    log.write_text("configuration   performing reload of exabgp 5.0.15\nreactor         loaded new configuration\n")

    def notify(namespace: str, process: int, number: signal.Signals) -> None:
        assert (namespace, process, number) == (FakePlace.namespace, 4711, signal.SIGUSR1)
        with log.open("a", encoding="utf-8") as file:
            file.write(answers.pop(0) if answers else "")

    place = cast(Place, FakePlace(tmp_path))
    monkeypatch.setattr(adapter, "notify", notify)
    monkeypatch.setattr(adapter, "_OBEYED_S", 0.05)
    adapter._write(place, {})
    made = ExabgpNode.__new__(ExabgpNode)
    made.name, made.place, made._processes = "exabgp", place, [4711]
    return made


LOADED = "reactor         loaded new configuration successfully\n"


def test_the_configuration_is_the_golden_one(node: ExabgpNode, answers: list[str]) -> None:
    answers += [LOADED, LOADED]
    node.add_bgp(BGP, None)
    node.add_bgp(OTHER, None)
    text = (node.place.folder / "exabgp.conf").read_text().replace(str(node.place.folder), "FOLDER")
    assert text == (GOLDEN / "exabgp.conf").read_text()


def test_a_signal_that_does_nothing_is_sent_again(node: ExabgpNode, answers: list[str]) -> None:
    answers += ["reactor         scheduling reload\n", LOADED]
    node.add_bgp(BGP, None)
    assert answers == []


def test_a_refusal_leaves_all_as_it_was(node: ExabgpNode, answers: list[str]) -> None:
    before = (node.place.folder / "exabgp.conf").read_text()
    answers.append("configuration   could not load/reload configuration\nconfiguration   line 9: what is\nthat?\n")
    with pytest.raises(NodeError, match=r"^exabgp: add_bgp a-b: configuration line 9: what is that\?$"):
        node.add_bgp(BGP, None)
    assert (node.place.folder / "exabgp.conf").read_text() == before


def test_silence_is_an_error(node: ExabgpNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_ATTEMPTS", 2)
    with pytest.raises(NodeError, match=r"no 'loaded new configuration successfully' in its log after 2 signals$"):
        node.add_bgp(BGP, None)


def test_there_is_no_bfd(node: ExabgpNode) -> None:
    spec = SessionSpec("s", BGP.peer, BGP.local, "eth0")
    for refused in (
        lambda: node.add_bgp(BGP, spec),
        lambda: node.add_session(spec),
        lambda: node.remove_session(spec),
        lambda: node.set_timers(spec, detect_mult=5),
        lambda: node.set_admin(spec, enabled=False),
        lambda: node.show(spec),
    ):
        with pytest.raises(LackError, match=r"^exabgp: there is no BFD"):
            refused()


def told(kind: str, peer: str = BGP.peer, **more: Any) -> str:
    return json.dumps({"type": kind, "neighbor": {"address": {"local": BGP.local, "peer": peer}, **more}})


def update(**parts: Any) -> str:
    return told("update", message={"update": {"attribute": {"origin": "igp"}, **parts}})


ESTABLISHED = told("fsm", state="ESTABLISHED")
ANNOUNCED = update(announce={"ipv4 unicast": {"10.0.0.1": [{"nlri": "203.0.113.0/24"}, {"nlri": "203.0.113.0/25"}]}})
WITHDRAWN = update(withdraw={"ipv4 unicast": [{"nlri": "203.0.113.0/24"}]})


@pytest.mark.parametrize(
    ("events", "state", "routes"),
    [
        ([], "idle", ()),
        ([told("fsm", state="OPENSENT")], "opensent", ()),
        ([told("fsm", state="ASLEEP")], "unknown", ()),
        ([ESTABLISHED, ANNOUNCED], "established", ("203.0.113.0/24", "203.0.113.0/25")),
        ([ESTABLISHED, ANNOUNCED, WITHDRAWN], "established", ("203.0.113.0/25",)),
        ([ESTABLISHED, ANNOUNCED, told("fsm", state="IDLE"), ESTABLISHED], "established", ()),
        ([ESTABLISHED, told("fsm", peer="10.0.0.3", state="IDLE")], "established", ()),
        ([ESTABLISHED, told("update", message={"eor": {"afi": "ipv4"}}), '{"type": "fs'], "established", ()),
    ],
)
def test_what_becomes_of_a_neighbour(events: list[str], state: str, routes: tuple[str, ...]) -> None:
    view = bgp_view(BGP, events)
    assert (view.state, view.routes) == (state, routes)
