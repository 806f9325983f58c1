"""What an operator decides about the authentication of a session (RFC 5880 section 6.7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from refimpl.core.auth.mechanisms import MECHANISMS, Mechanism
from refimpl.core.constants import AuthType


@dataclass(frozen=True, slots=True)
class AuthConfig:
    """Keys (or passwords) by Key ID, 0 to 255. All are accepted on receipt; `send_key_id` is the one to send with.

    A key is 1 to 16 bytes, with SHA1 1 to 20 (RFC 5880 sections 6.7.2 to 6.7.4); it is in no repr. Raises ValueError
    for anything else, in one line without the key.
    """

    auth_type: AuthType
    keys: Mapping[int, bytes] = field(repr=False, hash=False)
    send_key_id: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        kind, longest = self.auth_type.name.lower(), self.mechanism.longest_key
        for key_id, key in self.keys.items():
            if not 0 <= key_id <= 0xFF:
                raise ValueError(f"key ID {key_id}: allowed is 0 to 255")
            if not 1 <= len(key) <= longest:
                raise ValueError(f"key {key_id} has {len(key)} bytes; allowed with {kind} are 1 to {longest}")
        if self.send_key_id not in self.keys:
            known = ", ".join(map(str, self.keys)) or "none, and there must be one"
            raise ValueError(f"send key {self.send_key_id} is not among the keys; there are: {known}")

    @property
    def mechanism(self) -> Mechanism:
        """How packets are authenticated."""
        return MECHANISMS[self.auth_type]

    @property
    def send_key(self) -> bytes:
        """The key, or password, that outgoing packets are authenticated with."""
        return self.keys[self.send_key_id]
