"""Passwords, digests and hashes of Authentication Sections, with keys from a file (RFC 5880 sections 6.7.2 to 6.7.4).

Lives here: keys and the check of one packet. Must not live here: rules about sequence numbers, which need more packets
than one.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from captures.payload import AUTHENTICATION_SIZES, MANDATORY, authenticated
from captures.rows import Digest

_TYPES = {
    "simple_password": 1,
    "keyed_md5": 2,
    "meticulous_keyed_md5": 3,
    "keyed_sha1": 4,
    "meticulous_keyed_sha1": 5,
}
"""Auth Types by the names that the configuration of refbfd has for them."""

_PASSWORD, _MD5, _SHA1 = "password", "md5", "sha1"
_FAMILY = {1: _PASSWORD, 2: _MD5, 3: _MD5, 4: _SHA1, 5: _SHA1}
_MOST_BYTES = {_PASSWORD: 16, _MD5: 16, _SHA1: 20}
_HASHES: Mapping[str, Callable[[bytes], Any]] = {
    _MD5: lambda data: hashlib.md5(data, usedforsecurity=False),
    _SHA1: lambda data: hashlib.sha1(data, usedforsecurity=False),
}

_PASSWORD_AT, _DIGEST_AT = MANDATORY + 3, MANDATORY + 8
_MOST_READ = 256
"""Bytes of a key file, more than any key has."""

_REMEMBERED = 65536
"""Packets; those of a calm session are often the same, where their sequence number is."""


class KeysError(Exception):
    """A file of keys cannot be used. The message is one line: which file, where in it, why; and no key."""


class Keys:
    """Keys by Key ID. Several may have the same, for the sessions of a capture need not share theirs."""

    def __init__(self) -> None:
        self._keys: dict[tuple[int, str], list[bytes]] = {}
        self._ids: set[int] = set()
        self._judge = lru_cache(_REMEMBERED)(self._digest_of)

    def __repr__(self) -> str:
        return f"Keys with the IDs {sorted(self._ids)}"

    def add(self, key_id: int, auth_type: int, key: bytes) -> None:
        """One more key. Raises ValueError where it is not as long as RFC 5880 sections 6.7.2 to 6.7.4 want it."""
        family = _FAMILY[auth_type]
        if not 1 <= len(key) <= _MOST_BYTES[family]:
            raise ValueError(f"a key of {len(key)} bytes, allowed are 1 to {_MOST_BYTES[family]}")
        self._keys.setdefault((key_id, family), []).append(key)
        self._ids.add(key_id)

    def check(self, payload: bytes) -> Digest:
        """What they say of a UDP payload, of which the capture has this much. What is not there in full, or not as
        sections 4.2 to 4.4 draw it, is not checked; nor is a type that is not theirs."""
        if len(payload) < _PASSWORD_AT or not authenticated(payload):
            return Digest.UNCHECKED
        kind, size, length = payload[MANDATORY], payload[MANDATORY + 1], payload[3]
        least, most = AUTHENTICATION_SIZES.get(kind, (1, 0))
        if not least <= size <= most or MANDATORY + size > length or length > len(payload):
            return Digest.UNCHECKED
        return self._judge(payload[:length])

    def _digest_of(self, packet: bytes) -> Digest:
        family = _FAMILY[packet[MANDATORY]]
        keys = self._keys.get((packet[MANDATORY + 2], family))
        if keys is None:
            return Digest.NO_KEY
        end = MANDATORY + packet[MANDATORY + 1]
        if family == _PASSWORD:
            right = any(hmac.compare_digest(packet[_PASSWORD_AT:end], key) for key in keys)
            return Digest.RIGHT if right else Digest.WRONG
        seen = packet[_DIGEST_AT:end]
        padded = [key.ljust(len(seen), b"\0") for key in keys]
        if any(hmac.compare_digest(seen, key) for key in padded):
            return Digest.KEY
        digests = (_HASHES[family](packet[:_DIGEST_AT] + key + packet[end:]).digest() for key in padded)
        return Digest.RIGHT if any(hmac.compare_digest(seen, each) for each in digests) else Digest.WRONG


def read_keys(path: Path) -> Keys:
    """The keys of a YAML file: a mapping with `type` and `keys` as under `auth` in the configuration of refbfd, or a
    list of those. Raises KeysError."""
    import yaml  # noqa: PLC0415 - most captures are read without keys

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KeysError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeysError(f"{path}: not text in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "somewhere"
        raise KeysError(f"{path}: {line}: no YAML") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise KeysError(f"{path}: no YAML") from None
    keys = Keys()
    for where, key_id, auth_type, source in _entries(path, document):
        try:
            keys.add(key_id, auth_type, _resolved(source))
        except ValueError as error:
            raise KeysError(f"{path}: {where}: {error}") from None
    return keys


_MAPPING = "allowed is a mapping with type and keys, or a list of those"
_ID = "allowed are key IDs from 0 to 255"


def _entries(path: Path, document: object) -> Iterator[tuple[str, int, int, object]]:
    """Where each key is, its ID and type, and where it comes from."""
    for number, each in enumerate(document if isinstance(document, list) else [document]):
        prefix = f"[{number}]." if isinstance(document, list) else ""
        if not isinstance(each, dict) or not {"type", "keys"} <= each.keys() <= {"type", "keys", "send_key"}:
            raise KeysError(f"{path}: {prefix.rstrip('.') or 'the document'}: {_MAPPING}")
        auth_type = _TYPES.get(each["type"]) if isinstance(each["type"], str) else None
        if auth_type is None:
            raise KeysError(f"{path}: {prefix}type: allowed is one of {', '.join(_TYPES)}")
        if not isinstance(each["keys"], dict) or not each["keys"]:
            raise KeysError(f"{path}: {prefix}keys: allowed is a mapping of key IDs (0 to 255) to {_SOURCES_ALLOWED}")
        for key_id, source in each["keys"].items():
            if not isinstance(key_id, int) or isinstance(key_id, bool) or not 0 <= key_id <= 255:
                raise KeysError(f"{path}: {prefix}keys: {_ID}")
            yield f"{prefix}keys.{key_id}", key_id, auth_type, source


def _resolved(source: object) -> bytes:
    """Raises ValueError without the key."""
    name, separator, rest = source.partition(":") if isinstance(source, str) else ("", "", "")
    if not separator or name not in _SOURCES:
        raise ValueError(f"allowed is one of {_SOURCES_ALLOWED}")
    return _SOURCES[name](rest)


def _from_environment(name: str) -> bytes:
    if (value := os.environ.get(name)) is None:
        raise ValueError(f"the environment variable {name} is not set")
    return os.fsencode(value)


def _from_file(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MOST_READ)
    except (OSError, ValueError) as error:
        raise ValueError(f"the file {path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    line_end = next((end for end in (b"\r\n", b"\n") if content.endswith(end)), b"")
    return content.removesuffix(line_end)


def _from_hex(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ValueError("not pairs of hexadecimal digits") from None


def _from_text(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError("not text that UTF-8 can encode") from None


_SOURCES: Mapping[str, Callable[[str], bytes]] = {
    "env": _from_environment,
    "file": _from_file,
    "hex": _from_hex,
    "text": _from_text,
}
_SOURCES_ALLOWED = ", ".join(f"{name}:..." for name in _SOURCES)
