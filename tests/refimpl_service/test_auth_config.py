"""The `auth` part of the configuration: keys from their sources, and errors that do not show them."""

from pathlib import Path

import pytest

from refimpl.core.constants import AuthType
from refimpl.service.config import ConfigError, SessionModel, load_config

SESSION = "peer: 10.0.0.2, local: 10.0.0.1"
SECRET = "s3cr3tk3y"


def write(folder: Path, auth: str) -> Path:
    path = folder / "refbfd.yaml"
    path.write_text(f"sessions: [{{{SESSION}, auth: {auth}}}]", encoding="utf-8")
    return path


def keys(folder: Path, sources: str) -> dict[int, bytes]:
    (session,) = load_config(write(folder, f"{{type: keyed_sha1, keys: {sources}, send_key: 1}}")).sessions
    config = session.session_config().auth
    assert config is not None
    return dict(config.keys)


def test_keys_come_from_environment_file_hex_and_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BFD_KEY", SECRET)
    (tmp_path / "key").write_bytes(b"from a file\n")
    (tmp_path / "dos").write_bytes(b"from a file\r\n")
    (tmp_path / "raw").write_bytes(b"\x00\xff\r\n\r")

    found = keys(
        tmp_path,
        f"{{1: 'env:BFD_KEY', 2: 'file:{tmp_path}/key', 3: 'file:{tmp_path}/dos', 4: 'file:{tmp_path}/raw', "
        "5: 'hex:00 ff10', 6: 'text:with: colon'}",
    )

    assert found == {
        1: SECRET.encode(),
        2: b"from a file",
        3: b"from a file",
        4: b"\x00\xff\r\n\r",
        5: b"\x00\xff\x10",
        6: b"with: colon",
    }


@pytest.mark.parametrize("kind", AuthType, ids=lambda kind: kind.name.lower())
def test_every_type_has_its_name(tmp_path: Path, kind: AuthType) -> None:
    path = write(tmp_path, f"{{type: {kind.name.lower()}, keys: {{1: 'text:a', 255: 'text:b'}}, send_key: 255}}")

    auth = load_config(path).sessions[0].session_config().auth

    assert auth is not None
    assert (auth.auth_type, auth.send_key_id, auth.send_key) == (kind, 255, b"b")


def test_no_auth_is_no_authentication(tmp_path: Path) -> None:
    path = tmp_path / "refbfd.yaml"
    path.write_text(f"sessions: [{{{SESSION}}}]")

    assert load_config(path).sessions[0].session_config().auth is None


ONE_PROBLEM = {
    "unknown type": (
        "{type: hmac, keys: {1: 'text:%s'}, send_key: 1}",
        "sessions[0].auth.type: 'hmac': allowed is simple_password, keyed_md5",
    ),
    "no type": ("{keys: {1: 'text:%s'}, send_key: 1}", "sessions[0].auth.type: is missing; allowed is simple_password"),
    "no send key": ("{type: keyed_md5, keys: {1: 'text:%s'}}", "sessions[0].auth.send_key: is missing; allowed is the"),
    "no keys": ("{type: keyed_md5, send_key: 1}", "sessions[0].auth.keys: is missing; allowed is a mapping of key IDs"),
    "keys as a list": ("{type: keyed_md5, keys: ['text:%s'], send_key: 1}", "sessions[0].auth.keys: allowed is a map"),
    "one key": ("{type: keyed_md5, keys: 'text:%s', send_key: 1}", "sessions[0].auth.keys: allowed is a mapping of"),
    "empty keys": (
        "{type: keyed_md5, keys: {}, send_key: 1}",
        "sessions[0].auth: send key 1 is not among the keys; there are: none",
    ),
    "key without a source": (
        "{type: keyed_md5, keys: {1: %s}, send_key: 1}",
        "sessions[0].auth.keys: key 1: allowed is one of env:..., file:..., hex:..., text:...",
    ),
    "key of an unknown source": (
        "{type: keyed_md5, keys: {1: 'base64:%s'}, send_key: 1}",
        "sessions[0].auth.keys: key 1: allowed is one of env",
    ),
    "key that is a number": ("{type: keyed_md5, keys: {1: 12}, send_key: 1}", "sessions[0].auth.keys: key 1: allowed"),
    "no hexadecimal digits": (
        "{type: keyed_md5, keys: {1: 'hex:%s'}, send_key: 1}",
        "sessions[0].auth.keys: key 1: not pairs of hexadecimal digits",
    ),
    "variable that is not set": (
        "{type: keyed_md5, keys: {1: 'env:BFDSPEC_UNSET'}, send_key: 1}",
        "sessions[0].auth.keys: key 1: the environment variable BFDSPEC_UNSET is not set",
    ),
    "file that is not there": (
        "{type: keyed_md5, keys: {1: 'file:/nowhere/key'}, send_key: 1}",
        "sessions[0].auth.keys: key 1: the file /nowhere/key cannot be read: No such file or directory",
    ),
    "key ID too great": (
        "{type: keyed_md5, keys: {256: 'text:%s'}, send_key: 1}",
        "sessions[0].auth.keys: allowed are key IDs from 0 to 255",
    ),
    "key in the ID's place": (
        "{type: keyed_md5, keys: {'%s': 1}, send_key: 1}",
        "sessions[0].auth.keys: allowed are key IDs from 0 to 255",
    ),
    "truth as key ID": (
        "{type: keyed_md5, keys: {true: 'text:%s'}, send_key: 1}",
        "sessions[0].auth.keys: allowed are key IDs from 0 to 255",
    ),
    "send key unknown": (
        "{type: keyed_md5, keys: {1: 'text:%s'}, send_key: 2}",
        "sessions[0].auth: send key 2 is not among the keys; there are: 1",
    ),
    "send key out of range": (
        "{type: keyed_md5, keys: {1: 'text:%s'}, send_key: 256}",
        "sessions[0].auth.send_key: 256: allowed is the ID of one of the keys, 0 to 255",
    ),
    "password too long": (
        "{type: simple_password, keys: {1: 'text:%s12345678'}, send_key: 1}",
        "sessions[0].auth: key 1 has 17 bytes; allowed with simple_password are 1 to 16",
    ),
    "MD5 key too long": (
        "{type: keyed_md5, keys: {1: 'text:%s12345678'}, send_key: 1}",
        "sessions[0].auth: key 1 has 17 bytes; allowed with keyed_md5 are 1 to 16",
    ),
    "SHA1 key too long": (
        "{type: meticulous_keyed_sha1, keys: {1: 'text:%s123456789012'}, send_key: 1}",
        "sessions[0].auth: key 1 has 21 bytes; allowed with meticulous_keyed_sha1 are 1 to 20",
    ),
    "empty key": (
        "{type: keyed_sha1, keys: {1: 'text:'}, send_key: 1}",
        "sessions[0].auth: key 1 has 0 bytes; allowed with keyed_sha1 are 1 to 20",
    ),
    "no mapping": (
        "'text:%s'",
        "sessions[0].auth: allowed is a mapping with the keys type, keys, send_key",
    ),
    "unknown key": (
        "{type: keyed_md5, keys: {1: 'text:%s'}, send_key: 1, id: 1}",
        "sessions[0].auth.id: unknown key; allowed are type, keys, send_key",
    ),
}


@pytest.mark.parametrize(("auth", "expected"), ONE_PROBLEM.values(), ids=ONE_PROBLEM.keys())
def test_one_problem_is_one_line_without_the_key(tmp_path: Path, auth: str, expected: str) -> None:
    path = write(tmp_path, auth.replace("%s", SECRET))

    with pytest.raises(ConfigError) as caught:
        load_config(path)

    (line,) = caught.value.problems
    assert line.removeprefix(f"{path}: ").startswith(expected)
    assert SECRET not in line


@pytest.mark.parametrize(
    "text",
    [
        f"sessions: {{auth: {{keys: {{1: 'text:{SECRET}'}}}}}}",
        f"- auth: {{keys: {{1: 'text:{SECRET}'}}}}",
        f"sessions: [[{{keys: {{1: 'text:{SECRET}'}}}}]]",
    ],
)
def test_a_file_of_another_shape_shows_no_key_either(tmp_path: Path, text: str) -> None:
    path = tmp_path / "refbfd.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)

    assert SECRET not in str(caught.value)


def test_no_model_shows_its_keys(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, f"{{type: keyed_sha1, keys: {{1: 'text:{SECRET}'}}, send_key: 1}}"))

    assert SECRET not in f"{config!r} {config.sessions[0]!r} {config.sessions[0].auth!r} {config}"


def test_the_control_socket_takes_the_same_words() -> None:
    auth = {"type": "keyed_sha1", "keys": {"1": "text:a", "2": "hex:62"}, "send_key": 2}
    model = SessionModel.model_validate({"peer": "10.0.0.2", "local": "10.0.0.1", "auth": auth})

    config = model.session_config().auth
    assert config is not None
    assert dict(config.keys) == {1: b"a", 2: b"b"}
