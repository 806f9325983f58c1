"""The file in which keepalived's BFD process writes down what it knows of its instances. No I/O."""

from collections.abc import Mapping

Instance = Mapping[str, str]
"""What is said of an instance: values by names, both in keepalived's words."""

_BEGIN = "BFD Instance"
_LAST = ("last_seen", "last seen")
"""The last line of an instance: the file may be read while it is being written."""


def read(text: str) -> dict[str, Instance]:
    """The instances by their names, those that are there to their last line."""
    instances: dict[str, Instance] = {}
    current: dict[str, str] = {}
    for line in text.splitlines(keepends=True):
        name, separator, value = (part.strip() for part in line.partition(" = "))
        if not separator:
            continue
        if name == _BEGIN:
            current = {}
        current[name] = value
        if name in _LAST and line.endswith("\n") and _BEGIN in current:
            instances[current[_BEGIN]] = current
    return instances
