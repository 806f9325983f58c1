"""The `auth` part of a session's configuration (RFC 5880 section 6.7): where keys come from.

A key is written as a reference to its source, so that a file with sessions holds no secrets: the operator's choice of
`text:` and `hex:` aside. No key, and nothing that might be one, appears in an error or in a repr.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StrictInt, model_validator

from refimpl.core.auth.config import AuthConfig
from refimpl.core.constants import AuthType
from refimpl.service.model import Model, clash

_MOST_BYTES_READ = 256
"""More than any key: a file that is no key is not read to its end."""

AUTH_ALLOWED = "a mapping with the keys type, keys, send_key"
SEND_KEY_ALLOWED = "the ID of one of the keys, 0 to 255"


def _from_environment(name: str) -> bytes:
    value = os.environ.get(name)
    if value is None:
        raise ValueError(f"the environment variable {name} is not set")
    return os.fsencode(value)


def _from_file(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MOST_BYTES_READ)
    except (OSError, ValueError) as error:
        raise ValueError(f"the file {path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    # Editors and `echo` end a line that its author does not count as part of the key.
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


SOURCES: Mapping[str, Callable[[str], bytes]] = {
    "env": _from_environment,
    "file": _from_file,
    "hex": _from_hex,
    "text": _from_text,
}

KEYS_ALLOWED = f"a mapping of key IDs (0 to 255) to sources ({', '.join(f'{name}:...' for name in SOURCES)})"


def _resolve(key_id: object, source: object) -> tuple[int, bytes]:
    """Key ID and key. Raises ValueError without the key."""
    # The control socket speaks JSON, whose keys are strings.
    number = int(key_id) if isinstance(key_id, str) and key_id.isdecimal() and key_id.isascii() else key_id
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 0xFF:
        raise ValueError("allowed are key IDs from 0 to 255")
    name, separator, rest = source.partition(":") if isinstance(source, str) else ("", "", "")
    if not separator or name not in SOURCES:
        raise ValueError(f"key {number}: allowed is one of {', '.join(f'{each}:...' for each in SOURCES)}")
    try:
        return number, SOURCES[name](rest)
    except ValueError as error:
        raise ValueError(f"key {number}: {error}") from None


def _resolve_all(sources: object) -> dict[int, bytes]:
    if not isinstance(sources, dict):
        raise clash(f"allowed is {KEYS_ALLOWED}")
    try:
        return dict(_resolve(key_id, source) for key_id, source in sources.items())
    except ValueError as error:
        raise clash(str(error)) from None


KeyId = Annotated[StrictInt, Field(ge=0, le=255)]
Keys = Annotated[dict[int, bytes], BeforeValidator(_resolve_all)]


class AuthModel(Model):
    """Authentication of one session; `keys` holds the keys themselves after validation."""

    type: Literal["simple_password", "keyed_md5", "meticulous_keyed_md5", "keyed_sha1", "meticulous_keyed_sha1"] = (
        Field(description=", ".join(kind.name.lower() for kind in AuthType))
    )
    keys: Keys = Field(repr=False, description=KEYS_ALLOWED)
    send_key: KeyId = Field(description=SEND_KEY_ALLOWED)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        try:
            self.auth_config()
        except ValueError as error:
            raise clash(str(error)) from None
        return self

    def auth_config(self) -> AuthConfig:
        """The same, for the engine. Raises ValueError where type and keys do not fit."""
        return AuthConfig(AuthType[self.type.upper()], self.keys, self.send_key)
