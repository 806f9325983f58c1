"""The Echo function in configuration, control requests and between two daemons."""

import os
from pathlib import Path
from typing import Any

import pytest
from refbfd_pair import Pair, Refbfd, wait_until

from refimpl.service.config import ConfigError, SessionModel, load_config

SESSION = "peer: 192.0.2.2, local: 192.0.2.1"


def load(folder: Path, session: str) -> SessionModel:
    path = folder / "refbfd.yaml"
    path.write_text(f"sessions: [{{{session}}}]")
    return load_config(path).sessions[0]


def test_off_by_default(tmp_path: Path) -> None:
    config = load(tmp_path, SESSION).session_config()
    assert (config.required_min_echo_rx_us, config.desired_min_echo_tx_us, config.echo_source) == (0, 0, "")


def test_what_is_written_is_meant(tmp_path: Path) -> None:
    echo = "interface: eth0, echo: {transmit: 50ms, required_min_rx: 20ms, source: 203.0.113.1}"
    config = load(tmp_path, f"{SESSION}, {echo}").session_config()
    assert (config.desired_min_echo_tx_us, config.required_min_echo_rx_us) == (50_000, 20_000)
    assert config.echo_source == "203.0.113.1"


@pytest.mark.parametrize(
    ("rest", "complaint"),
    [
        ("type: multi_hop, interface: eth0, echo: {transmit: 50ms}", "no Echo function over several hops"),
        ("echo: {required_min_rx: 50ms}", "interface is missing; echo needs it"),
        ("interface: eth0, echo: {transmit: 1s, source: '2001:db8::1'}", "must be of the same address family"),
        ("interface: eth0, echo: {transmit: soon}", "sessions\\[0\\].echo.transmit"),
        ("interface: eth0, echo: {receive: 1s}", "receive"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path: Path, rest: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        load(tmp_path, f"{SESSION}, {rest}")
    assert len(caught.value.problems) == 1


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_two_daemons_loop_back_for_each_other(tmp_path: Path, family: str) -> None:
    def config(here: Any, there: Any) -> str:
        ends = f"peer: '{getattr(there, family)}', local: '{getattr(here, family)}', interface: {here.interface}"
        return f"sessions: [{{name: s, {ends}, echo: {{transmit: 100ms, required_min_rx: 100ms}}}}]"

    with (
        Pair() as pair,
        Refbfd(pair.a.namespace, tmp_path / "a", config(pair.a, pair.b)) as a,
        Refbfd(pair.b.namespace, tmp_path / "b", config(pair.b, pair.a)) as b,
    ):
        for daemon in (a, b):
            wait_until(lambda daemon=daemon: daemon.show("s")["counters"]["echo_received"] > 3, "Echo packets back")
        shown = a.show("s")
        assert (shown["state"], shown["echo_interval_us"], shown["remote_min_echo_rx_us"]) == ("up", 100_000, 100_000)
        a.obey("set", "s", "--echo-required-min-rx", "0ms")
        wait_until(lambda: b.show("s")["echo_interval_us"] == 0, "the end of Echo packets")
        assert b.show("s")["state"] == "up"
