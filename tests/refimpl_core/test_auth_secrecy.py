"""Keys and passwords appear in nothing that is printed, logged, traced or raised; and wrong ones are refused."""

import json
import traceback
from random import Random

import pytest
from auth_rig import KEYS, AuthRig, auth, plain, signed

from refimpl.core.auth.config import AuthConfig
from refimpl.core.auth.reception import Claim
from refimpl.core.constants import AuthType, State
from refimpl.core.outputs import Output
from refimpl.core.packet import ControlPacket
from refimpl.core.profile import SessionConfig
from refimpl.core.session import Session
from refimpl.core.trace import record
from refimpl.profiles.rfc5881 import SINGLE_HOP
from refimpl.wire.codec import decode

every_type = pytest.mark.parametrize("kind", AuthType, ids=lambda kind: kind.name.lower())


def betrays(text: str) -> list[bytes]:
    """The keys that can be found in the text, plain, escaped or in hexadecimal."""
    return [
        key for key in KEYS.values() if key.decode() in text or key.hex() in text.lower() or repr(list(key)) in text
    ]


@every_type
def test_no_repr_shows_a_key(kind: AuthType) -> None:
    config = auth(kind)
    payload = signed(plain(State.DOWN), kind)
    rig = AuthRig(config)
    outputs = rig.hear(payload) + rig.session.on_timer(0)
    packet = decode(payload)
    assert isinstance(packet, ControlPacket)
    claim = Claim(packet, payload, config, rig.session.variables)
    things = [config, SessionConfig(peer="a", local="b", auth=config), rig.session, rig.session.config, outputs, claim]

    assert betrays("".join(f"{thing!r} {thing!s}" for thing in [*things, packet, rig.session._last_accepted])) == []


@every_type
def test_a_trace_says_how_a_packet_is_authenticated_but_not_with_what(kind: AuthType) -> None:
    rig = AuthRig(auth(kind))
    outputs: list[Output] = rig.session.on_timer(0)

    entry = record(0, outputs[0])

    sequence = None if kind is AuthType.SIMPLE_PASSWORD else rig.session.variables.xmit_auth_seq
    moved = kind in (AuthType.METICULOUS_KEYED_MD5, AuthType.METICULOUS_KEYED_SHA1)
    assert (entry["auth_type"], entry["auth_key_id"]) == (kind, 1)
    assert entry["auth_sequence"] == (sequence - moved if sequence is not None else None)
    assert json.loads(json.dumps(entry)) == entry
    assert betrays(json.dumps(entry)) == []


@pytest.mark.parametrize(
    ("kind", "size"),
    [(kind, size) for kind in AuthType for size in (0, 21 if "SHA1" in kind.name else 17)],
)
def test_keys_of_another_length_are_refused_without_telling_them(kind: AuthType, size: int) -> None:
    with pytest.raises(
        ValueError, match=rf"key 3 has {size} bytes; allowed with {kind.name.lower()} are 1 to"
    ) as caught:
        AuthConfig(kind, {1: KEYS[1], 3: b"Q" * size}, 1)

    assert "QQ" not in "".join(traceback.format_exception(caught.value))
    assert betrays(str(caught.value)) == []


@pytest.mark.parametrize(
    ("keys", "send", "problem"),
    [
        ({}, 1, "send key 1 is not among the keys; there are: none"),
        ({1: b"k", 7: b"l"}, 2, "send key 2 is not among the keys; there are: 1, 7"),
        ({256: b"k"}, 256, "key ID 256: allowed is 0 to 255"),
        ({-1: b"k"}, -1, "key ID -1: allowed is 0 to 255"),
    ],
)
def test_ids_are_checked(keys: dict[int, bytes], send: int, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        AuthConfig(AuthType.KEYED_SHA1, keys, send)


def test_who_changes_the_mapping_afterwards_changes_no_key() -> None:
    keys = {1: b"k"}
    config = AuthConfig(AuthType.KEYED_SHA1, keys, 1)
    keys[1] = b""

    assert config.send_key == b"k"


def test_a_session_with_authentication_needs_an_encoder() -> None:
    config = SessionConfig(peer="192.0.2.9", local="192.0.2.1", auth=auth(AuthType.KEYED_SHA1))

    with pytest.raises(ValueError, match="needs an encoder"):
        Session(config, SINGLE_HOP, local_discr=1, rng=Random(1), now=0)
