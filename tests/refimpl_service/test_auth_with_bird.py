"""refbfd and BIRD with each type of authentication, on a real link (RFC 5880 section 6.7)."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from refbfd_pair import Pair, Refbfd, wait_until

from refimpl.core.constants import AuthType

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="needs the ip program of iproute2"),
    pytest.mark.skipif(shutil.which("bird") is None, reason="needs BIRD"),
]

KEYS = {1: "secret12", 2: "sesame-34"}

BIRD = """
log stderr all;
router id 192.0.2.1;
protocol device {{ }}
protocol bfd {{
  interface "{interface}" {{
    min tx interval 50 ms;
    min rx interval 50 ms;
    multiplier 10;
    authentication {kind};
    {passwords}
  }};
  neighbor {peer} dev "{interface}";
}}
"""

REFBFD = """
log: {{level: debug}}
sessions:
  - name: s
    peer: {peer}
    local: {local}
    interface: {interface}
    desired_min_tx: 50ms
    required_min_rx: 50ms
    detect_mult: 10
    auth:
      type: {kind}
      keys: {{1: "file:{folder}/1.key", 2: "file:{folder}/2.key"}}
      send_key: 1
"""


@contextmanager
def bird(pair: Pair, folder: Path, kind: AuthType, keys: dict[int, str]) -> Iterator[None]:
    """BIRD at the far end; it accepts all keys and sends with the first."""
    words = {AuthType.SIMPLE_PASSWORD: "simple"}.get(kind, kind.name.lower().replace("_", " "))
    passwords = " ".join(f'password "{key}" {{ id {key_id}; }};' for key_id, key in keys.items())
    there = pair.b
    text = BIRD.format(interface=there.interface, kind=words, passwords=passwords, peer=pair.a.ipv4)
    configuration = folder / "bird.conf"
    configuration.write_text(text)
    command = ["ip", "netns", "exec", there.namespace, "bird", "-f", "-c", str(configuration)]
    with (folder / "bird.log").open("wb") as log:
        process = subprocess.Popen([*command, "-s", str(folder / "bird.ctl")], stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


@contextmanager
def refbfd(pair: Pair, folder: Path, kind: AuthType) -> Iterator[Refbfd]:
    """refbfd at the near end, with its keys in files."""
    for key_id, key in KEYS.items():
        (folder / f"{key_id}.key").write_text(f"{key}\n")
    here = pair.a
    text = REFBFD.format(
        peer=pair.b.ipv4, local=here.ipv4, interface=here.interface, kind=kind.name.lower(), folder=folder
    )
    with Refbfd(here.namespace, folder / "a", text) as daemon:
        yield daemon


def received(daemon: Refbfd) -> int:
    count: int = daemon.show("s")["counters"]["received"]
    return count


def wait_for_packets(daemon: Refbfd, count: int) -> None:
    """Until so many more were received; 15 take longer than the Detection Time."""
    enough = received(daemon) + count
    wait_until(lambda: received(daemon) >= enough, f"{count} packets")


def fall(daemon: Refbfd) -> list[object]:
    """Changes of state away from Up."""
    return [record for record in daemon.records() if record.get("old") == "Up"]


@pytest.mark.parametrize("kind", AuthType, ids=lambda kind: kind.name.lower())
def test_a_session_comes_up_stays_up_and_changes_its_key(pair: Pair, folder: Path, kind: AuthType) -> None:
    with bird(pair, folder, kind, KEYS), refbfd(pair, folder, kind) as daemon:
        daemon.wait_for("s", state="up", remote_state="up", detection_time_us=500_000, auth_type=kind.name.lower())
        for send_key in ("2", "1"):
            daemon.obey("set", "s", "--send-key", send_key)
            wait_for_packets(daemon, 15)
        sources = {key_id: f"file:{folder}/{key_id}.key" for key_id in KEYS}
        (folder / "auth.json").write_text(json.dumps({"type": kind.name.lower(), "keys": sources, "send_key": 2}))
        daemon.obey("keys", "s", str(folder / "auth.json"))
        wait_for_packets(daemon, 15)
        assert daemon.show("s")["counters"]["discarded"] == 0
        assert fall(daemon) == []
        sent = [record for record in daemon.records() if record.get("event") == "tx:packet"]
        assert {record["auth_type"] for record in sent} == {kind}
        assert {record["auth_key_id"] for record in sent} == {1, 2}
        log = (folder / "a" / "log").read_text()
        assert not any(secret in log for key in KEYS.values() for secret in (key, key.encode().hex()))


@pytest.mark.parametrize("kind", AuthType, ids=lambda kind: kind.name.lower())
def test_a_session_with_another_key_stays_down(pair: Pair, folder: Path, kind: AuthType) -> None:
    with bird(pair, folder, kind, {1: "not-that-one"}), refbfd(pair, folder, kind) as daemon:
        wait_until(lambda: daemon.show("s")["counters"]["discarded"] >= 3, "packets that are not authentic")
        view = daemon.show("s")
        assert (view["state"], view["remote_discriminator"], view["counters"]["received"]) == ("down", 0, 0)


def test_a_send_key_that_the_session_does_not_have_is_refused(pair: Pair, folder: Path) -> None:
    with refbfd(pair, folder, AuthType.KEYED_SHA1) as daemon:
        refused = daemon.ctl("set", "s", "--send-key", "3")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr == "refbfdctl: session 's': send key 3 is not among the keys; there are: 1, 2\n"
        daemon.add("plain", pair.a.ipv6, pair.b.ipv6, interface=pair.a.interface)
        refused = daemon.ctl("set", "plain", "--send-key", "1")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith("refbfdctl: session 'plain' has no authentication")
