"""Nodes without running them: registry, manifests, templates, and the check of a declared lack."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from topologies import nodes
from topologies.node import AuthSpec, BgpSpec, Capability, Key, LackError, Node, NodeError, SessionSpec, SessionView
from topologies.nodes import ADAPTERS, RELEASES, adapter, available, bfd_speakers, release
from topologies.nodes.adapter import evidence_of_lack
from topologies.nodes.manifest import Manifest, load_manifest
from topologies.nodes.plain import PlainNode
from topologies.nodes.template import render

NODES = Path(__file__).parents[2] / "topologies" / "nodes"
GOLDEN = Path(__file__).parent / "golden"
SPEC = SessionSpec(name="s", peer="10.0.0.1", local="10.0.0.2", interface="eth0")


def test_every_folder_is_registered_under_its_name() -> None:
    assert set(ADAPTERS) == {path.parent.name for path in NODES.glob("*/node.yaml")}
    assert all(kind.manifest.name == name for name, kind in ADAPTERS.items())


def test_no_two_releases_have_one_name() -> None:
    assert len(RELEASES) == sum(len(kind.manifest.releases) for kind in ADAPTERS.values())


def test_a_release_is_its_implementation_with_differences() -> None:
    older, newer = release("bird"), release("bird3")
    assert (older.implementation, older.packages, older.here) == ("bird", ("bird2",), True)
    assert (newer.implementation, newer.packages, newer.here) == ("bird", ("bird3",), False)
    assert newer.binaries == older.binaries


def test_what_one_release_has_and_another_lacks() -> None:
    data = {
        "name": "x",
        "description": "X",
        "binaries": ["x"],
        "lacks": {"demand_mode": "no word for it", "show": "it is mute"},
        "releases": {
            "x": {"suite": "bookworm", "here": True},
            "x2": {"suite": "sid", "has": ["demand_mode"], "lacks": {"ipv6": "taken out"}},
        },
    }
    manifest = Manifest.model_validate(data)
    assert set(manifest.release("x").lacks) == {Capability.DEMAND, Capability.SHOW}
    assert manifest.release("x2").lacks == {Capability.SHOW: "it is mute", Capability.IPV6: "taken out"}


def test_every_lack_has_a_reason() -> None:
    assert all(reason for kind in ADAPTERS.values() for reason in kind.manifest.lacks.values())


def test_who_speaks_no_bfd_is_no_target() -> None:
    assert set(RELEASES) - set(bfd_speakers()) == {"exabgp"}
    assert "exabgp" not in available()


def test_a_session_in_a_vrf_is_refused_where_there_are_no_words_for_it() -> None:
    class Separating(PlainNode):
        name = "separating"
        knows_vrfs = True

    class Plain(PlainNode):
        name = "plain"

    spec = replace(SPEC, vrf="vrfred")
    Separating()._refuse_unusual(spec)
    with pytest.raises(NodeError, match=r"^plain: its configuration has no words for sessions in a VRF$"):
        Plain()._refuse_unusual(spec)


def test_adapter_by_name() -> None:
    assert adapter("frr") is ADAPTERS["frr"]
    with pytest.raises(NodeError, match=r"no node is called 'cisco'; there are .*bird, .*frr, .*refbfd"):
        adapter("cisco")


def test_available_are_those_whose_programs_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {name: found.model_copy(update={"search": (str(tmp_path),)}) for name, found in RELEASES.items()}
    monkeypatch.setattr(nodes, "RELEASES", elsewhere)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("BFDSPEC_TREES", str(tmp_path / "trees"))
    monkeypatch.setenv("BFDSPEC_VIRTUALENVS", str(tmp_path / "virtualenvs"))
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    assert available() == []
    assert release("frr").missing()[1] == "frr: program bfdd not found in /: install the Debian package frr"
    for binary in release("frr").binaries:
        (tmp_path / binary).touch(mode=0o755)
    assert available() == ["frr"]
    assert release("frr").missing(bgp=True) == [
        "frr: program bgpd not found in /: install the Debian package frr",
    ]
    assert release("frr").find("bfdd") == f"{tmp_path}/bfdd"
    inside = tmp_path / "trees" / release("bird3").suite / tmp_path.relative_to("/")
    inside.mkdir(parents=True)
    (inside / "bird").touch(mode=0o755)
    assert "bird3" in available()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name: x\ndescription: y\nreleases: {}\n", "binaries: Field required"),
        ("name: x\ndescription: y\nbinaries: [x]\nreleases: {}\nlacks: {wings: none}\n", "lacks.wings.*should be"),
        ("name: x\ndescription: y\nbinaries: [x]\nreleases: {}\ncolour: red\n", "colour: Extra inputs"),
        ("name: [\n", "while parsing"),
    ],
)
def test_a_wrong_manifest_is_named_with_its_key(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "node.yaml").write_text(text)
    with pytest.raises(NodeError, match=f"node.yaml: {complaint}"):
        load_manifest(tmp_path)


@pytest.mark.parametrize(
    ("template", "values", "golden"),
    [
        ("frr/frr.conf.j2", {"daemon": "zebra", "run_id": "run-1"}, "frr_zebra.conf"),
        ("refbfd/refbfd.yaml.j2", {"run_id": "run-1"}, "refbfd.yaml"),
    ],
)
def test_templates(template: str, values: Mapping[str, str], golden: str) -> None:
    assert render(NODES / template, **values) == (GOLDEN / golden).read_text()


class Model:
    """A node in memory that refuses what it is told to refuse."""

    name = "model"

    def __init__(self, refuses: str, existing: SessionSpec | None = None, lacks: Collection[Capability] = ()) -> None:
        self.refuses = refuses
        self.lacks = dict.fromkeys(lacks, "a reason")
        self.sessions = {existing} - {None}

    def _consider(self, verb: str) -> None:
        if verb in self.refuses.split():
            raise NodeError(f"model: {verb}: no")

    def add_session(self, spec: SessionSpec) -> None:
        self._consider("add-passive" if spec.passive else f"add-{spec.kind}")
        self._consider("add-link_local" if spec.peer.startswith("fe80:") else "")
        self._consider("add-c-bit" if spec.control_plane_independent else "")
        self._consider("add-link-local" if spec.local.startswith("fe80:") else "")
        for field in ("point_to_point", "dscp", "local_discr", "padded_pdu_size"):
            if getattr(spec, field):
                self._consider(f"add-{field}")
        if any(other.local != spec.local for other in self.sessions):
            self._consider("add-beside")
        if spec.auth is not None:
            self._consider(f"auth-{spec.auth.type}")
            self._consider(f"keys-{len(spec.auth.keys)}")
        self.sessions.add(spec)

    def remove_session(self, spec: SessionSpec) -> None:
        self.sessions = {session for session in self.sessions if session.name != spec.name}

    def set_timers(self, spec: SessionSpec, **timers: int) -> None:
        assert spec in self.sessions
        for name, value in timers.items():
            self._consider(f"{name}={value}")

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        assert spec in self.sessions
        self._consider(f"enabled={enabled}")

    def set_demand(self, spec: SessionSpec, *, enabled: bool) -> None:
        assert spec in self.sessions
        self._consider(f"demand={enabled}")

    def verify(self, spec: SessionSpec) -> None:
        assert spec in self.sessions
        self._consider("verify")

    def set_path_down(self, spec: SessionSpec, diag: int) -> None:
        assert spec in self.sessions
        self._consider(f"diag={diag}")

    def reset_forwarding(self, spec: SessionSpec) -> None:
        assert spec in self.sessions
        self._consider("reset")

    def set_congested(self, spec: SessionSpec, *, congested: bool) -> None:
        assert spec in self.sessions
        self._consider(f"congested={congested}")

    def share_session(self, spec: SessionSpec, client: str) -> None:
        assert spec in self.sessions
        self._consider("share")

    def set_keys(self, spec: SessionSpec, auth: AuthSpec) -> None:
        assert spec in self.sessions
        assert spec.auth is not None
        assert (auth.type, auth.keys != spec.auth.keys) == (spec.auth.type, True)
        self._consider("set-keys")

    def show(self, spec: SessionSpec) -> SessionView:
        return SessionView(state="up" if spec in self.sessions else "absent")


REFUSALS = [
    (Capability.ZERO_MIN_RX, "required_min_rx_us=0"),
    (Capability.CHANGE_TX, "desired_min_tx_us=600000"),
    (Capability.CHANGE_RX, "required_min_rx_us=600000"),
    (Capability.CHANGE_MULT, "detect_mult=4"),
    (Capability.ADMIN_DOWN, "enabled=False"),
    (Capability.DEMAND, "demand=True"),
    (Capability.VERIFY, "verify"),
    (Capability.PATH_DOWN, "diag=6"),
    (Capability.FORWARDING_RESET, "reset"),
    (Capability.CONGESTION, "congested=True"),
    (Capability.CONTROL_PLANE_INDEPENDENT, "add-c-bit"),
    (Capability.PASSIVE, "add-passive"),
    (Capability.IPV6, "add-link-local"),
    (Capability.LINK_LOCAL, "add-link-local"),
    (Capability.MULTI_HOP, "add-multi_hop"),
    (Capability.SESSIONS, "add-single_hop"),
    (Capability.POINT_TO_POINT, "add-point_to_point"),
    (Capability.SERVICE_LEVELS, "add-dscp"),
    (Capability.DISCRIMINATORS, "add-local_discr"),
    (Capability.PADDING, "add-padded_pdu_size"),
    (Capability.UNIDIRECTIONAL, "add-unidirectional_receiver"),
    (Capability.SHARING, "share"),
    (Capability.ADDRESS_PAIRS, "add-beside"),
    (Capability.ADDRESS_PAIRS, "add-multi_hop"),
    (Capability.LINK_LOCAL, "add-link_local"),
    (Capability.AUTH_SIMPLE_PASSWORD, "auth-1"),
    (Capability.AUTH_KEYED_MD5, "auth-2"),
    (Capability.AUTH_METICULOUS_KEYED_MD5, "auth-3"),
    (Capability.AUTH_KEYED_SHA1, "auth-4"),
    (Capability.AUTH_METICULOUS_KEYED_SHA1, "auth-5"),
    (Capability.AUTH_SEVERAL_KEYS, "keys-2"),
    (Capability.CHANGE_KEYS, "set-keys"),
]


@pytest.mark.parametrize(("capability", "verb"), REFUSALS)
def test_a_refusal_is_the_evidence(capability: Capability, verb: str) -> None:
    model = Model(refuses=verb)
    assert evidence_of_lack(cast(Node, model), capability, SPEC) == f"model: {verb}: no"
    assert model.sessions == set()


@pytest.mark.parametrize("capability", [capability for capability, _ in REFUSALS])
def test_obedience_is_an_error(capability: Capability) -> None:
    model = Model(refuses="")
    with pytest.raises(NodeError, match=f"{capability} is declared as lacking, but the daemon did it"):
        evidence_of_lack(cast(Node, model), capability, SPEC)
    assert model.sessions == set()


@pytest.mark.parametrize("capability", [Capability.AUTH_SEVERAL_KEYS, Capability.CHANGE_KEYS])
def test_keys_are_tried_with_a_type_that_the_node_has(capability: Capability) -> None:
    types = [Capability.AUTH_SIMPLE_PASSWORD, Capability.AUTH_KEYED_MD5]
    model = Model(refuses="auth-1 auth-2 keys-2 set-keys", lacks=types)
    refused = {Capability.AUTH_SEVERAL_KEYS: "keys-2", Capability.CHANGE_KEYS: "set-keys"}[capability]
    assert evidence_of_lack(cast(Node, model), capability, SPEC) == f"model: {refused}: no"


def test_without_any_type_the_refusal_of_one_is_the_evidence_about_keys() -> None:
    kinds = [capability for capability in Capability if capability.name.startswith("AUTH_")]
    model = Model(refuses="auth-1", lacks=kinds)
    assert evidence_of_lack(cast(Node, model), Capability.CHANGE_KEYS, SPEC) == "model: auth-1: no"


def test_what_nobody_can_try_is_no_evidence() -> None:
    class Speechless(Model):
        def set_demand(self, spec: SessionSpec, *, enabled: bool) -> None:
            raise LackError("model: there is no word for it")

    with pytest.raises(LackError, match="there is no word for it"):
        evidence_of_lack(cast(Node, Speechless(refuses="")), Capability.DEMAND, SPEC)


def test_without_multihop_sessions_the_refusal_of_one_is_the_evidence_about_their_addresses() -> None:
    model = Model(refuses="add-multi_hop", lacks=[Capability.MULTI_HOP])
    assert evidence_of_lack(cast(Node, model), Capability.ADDRESS_PAIRS, SPEC) == "model: add-multi_hop: no"


def test_a_secret_is_in_no_repr() -> None:
    assert "s3cr3t" not in repr(AuthSpec(1, (Key(1, b"s3cr3t"),), 1))


def test_a_refused_session_is_no_evidence_about_its_timers() -> None:
    with pytest.raises(NodeError, match="add-single_hop: no"):
        evidence_of_lack(cast(Node, Model(refuses="add-single_hop")), Capability.ZERO_MIN_RX, SPEC)


def test_an_existing_session_is_used_and_kept() -> None:
    model = Model(refuses="required_min_rx_us=0 add-single_hop", existing=SPEC)
    assert evidence_of_lack(cast(Node, model), Capability.ZERO_MIN_RX, SPEC) == "model: required_min_rx_us=0: no"
    assert model.sessions == {SPEC}
    with pytest.raises(NodeError, match="cannot be tried while session s exists"):
        evidence_of_lack(cast(Node, model), Capability.SESSIONS, SPEC)
    assert model.sessions == {SPEC}


def test_where_no_bgp_is_spoken_a_neighbour_is_refused() -> None:
    node, spec = PlainNode(), BgpSpec("a-b", "192.0.2.2", "192.0.2.1", 64513, 64514, "192.0.2.1", 90)
    node.name = "plain"
    for refused in (lambda: node.add_bgp(spec, None), lambda: node.show_bgp(spec)):
        with pytest.raises(LackError, match="plain: no BGP is spoken here"):
            refused()
