"""Where the keys of an authenticated session come from: an environment variable or a file, never the device file
itself. No key, and nothing that might be one, appears in an error or in a repr.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from topologies.node import Key
from topologies.problems import clash

AUTH_TYPES: Mapping[str, int] = {
    "simple_password": 1,
    "keyed_md5": 2,
    "meticulous_keyed_md5": 3,
    "keyed_sha1": 4,
    "meticulous_keyed_sha1": 5,
}
"""Auth Type (RFC 5880 section 4.1) by name."""

LONGEST_KEY: Mapping[int, int] = {1: 16, 2: 16, 3: 16, 4: 20, 5: 20}
"""Bytes of a key by Auth Type (RFC 5880 sections 4.2 to 4.4)."""

KEYS_ALLOWED = 'a mapping of key IDs (0 to 255) to "env:NAME" or "file:PATH"'

_MOST_BYTES_READ = 256
"""More than any key: a file that is no key is not read to its end."""


def _from_source(source: object) -> bytes:
    """The key that a source names. Raises ValueError, without the key."""
    kind, separator, rest = source.partition(":") if isinstance(source, str) else ("", "", "")
    if kind == "env" and separator:
        value = os.environ.get(rest)
        if value is None:
            raise ValueError(f"the environment variable {rest} is not set")
        return os.fsencode(value)
    if kind == "file" and separator:
        try:
            with Path(rest).open("rb") as file:
                content = file.read(_MOST_BYTES_READ)
        except (OSError, ValueError) as error:
            raise ValueError(f"the file {rest} cannot be read: {getattr(error, 'strerror', None) or error}") from None
        # Editors and `echo` end a line that its author does not count as part of the key.
        return content.removesuffix(b"\n").removesuffix(b"\r")
    raise ValueError('allowed is "env:NAME" or "file:PATH"')


def read_keys(sources: object) -> tuple[Key, ...]:
    """The keys of a mapping from IDs to sources. Raises an error for pydantic, without any key."""
    if not isinstance(sources, dict) or not sources:
        raise clash(f"allowed is {KEYS_ALLOWED}")
    keys = []
    for number, source in sources.items():
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 0xFF:
            raise clash("allowed are key IDs from 0 to 255")
        try:
            keys.append(Key(number, _from_source(source)))
        except ValueError as error:
            raise clash(f"key {number}: {error}") from None
    return tuple(keys)
