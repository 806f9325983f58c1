"""Key chains in FRR's words, and that no secret is in a refusal."""

from collections.abc import Sequence
from subprocess import CompletedProcess
from typing import Any

import pytest

from topologies.node import AuthSpec, Key, NodeError
from topologies.nodes.frr import vtysh
from topologies.nodes.frr.keychain import key_chain

ONE, TWO = Key(1, b"first"), Key(2, b"second")


def test_a_new_chain_sends_with_the_right_key() -> None:
    assert key_chain("of-s", AuthSpec(1, (ONE, TWO), 2)).splitlines() == [
        "no key chain of-s",
        "key chain of-s",
        " key 1",
        "  key-string first",
        "  cryptographic-algorithm cleartext",
        "  send-lifetime 00:00:00 1 January 1993 duration 1",
        " exit",
        " key 2",
        "  key-string second",
        "  cryptographic-algorithm cleartext",
        "  send-lifetime 00:00:00 1 January 1993 infinite",
        " exit",
        "exit",
    ]


def test_a_chain_in_use_is_changed_in_place() -> None:
    lines = key_chain("of-s", AuthSpec(1, (TWO,), 2), AuthSpec(1, (ONE,), 1)).splitlines()
    assert lines[0] == "key chain of-s"
    assert lines[-2:] == [" no key 1", "exit"]


@pytest.mark.parametrize("secret", [b"", b"seventeen letters", b"what?", b" x", b"a\nb", b"\xe4"])
def test_keys_that_a_line_cannot_hold(secret: bytes) -> None:
    with pytest.raises(NodeError, match=r"^frr: key 7.* allowed$") as raised:
        key_chain("of-s", AuthSpec(1, (Key(7, secret),), 7))
    assert not secret or secret.decode("latin-1") not in str(raised.value)


def test_a_refusal_tells_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    def refuse(place: object, argv: Sequence[str]) -> CompletedProcess[str]:
        return CompletedProcess(argv, 2, "", "line 3: % Unknown command[17]:   key-string s3cr3t\n")

    monkeypatch.setattr(vtysh, "run", refuse)
    place = type("Place", (), {"folder": tmp_path})()
    with pytest.raises(vtysh.VtyshError, match=r"^% Unknown command: key-string \.\.\.$"):
        vtysh.Vtysh(place, "vtysh").read(tmp_path / "keys")
