"""Names for where packets were seen, as numbers: an interface, then the VLANs and tunnels around them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from captures.fast.frames import Integers


class Places:
    """A tree of places. A node is an interface, or a VLAN or tunnel in another node. `used` are the names, as
    captures.rows.Envelope has them, of those in which packets were found, in order of appearance."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[int, str, int | str], int] = {}
        self._kinds: list[str] = []
        self._texts: list[str] = []
        self.used: list[str] = []
        self._position: Integers = np.full(16, -1)
        self._by_text: dict[str, int] = {}

    def interface(self, name: str) -> int:
        """The node of an interface."""
        return self._node(-1, "", name)

    def inside(self, outer: Integers, kind: str, identifier: Integers) -> Integers:
        """The nodes of VLANs or tunnels (`kind` is "vlan", "vxlan" or "geneve") with a 24-bit identifier in others."""
        pairs, which = np.unique(outer << 24 | identifier, return_inverse=True)
        nodes = [self._node(int(pair) >> 24, kind, int(pair) & 0xFFFFFF) for pair in pairs]
        return np.array(nodes, np.int64)[which]

    def text(self, node: int) -> str:
        """What a node is called."""
        return self._texts[node]

    def positions(self, nodes: Integers) -> NDArray[Any]:
        """Where in `used` the places of packets stand."""
        if len(self._position) < len(self._texts):
            more = np.full(2 * len(self._texts) - len(self._position), -1)
            self._position = np.concatenate((self._position, more))
        found = self._position[nodes]
        if (found < 0).any():
            for node in dict.fromkeys(nodes[found < 0].tolist()):
                text = self._texts[node]
                self._position[node] = self._by_text.setdefault(text, len(self.used))
                if self._position[node] == len(self.used):
                    self.used.append(text)
            found = self._position[nodes]
        return found

    def _node(self, outer: int, kind: str, identifier: int | str) -> int:
        key = (outer, kind, identifier)
        if key not in self._nodes:
            self._nodes[key] = len(self._texts)
            self._kinds.append(kind)
            self._texts.append(self._text(outer, kind, identifier))
        return self._nodes[key]

    def _text(self, outer: int, kind: str, identifier: int | str) -> str:
        if outer < 0:
            return str(identifier)
        if kind == self._kinds[outer] == "vlan":
            return f"{self._texts[outer]}.{identifier}"
        return f"{self._texts[outer]} {kind} {identifier}".strip()
