"""Where a packet was seen, in words, from what Wireshark's dissectors say of it."""

from collections.abc import Iterable, Mapping

_IDENTIFIERS = {
    "vlan": ("vlan", "vlan.id"),
    "ieee8021ad": ("vlan", "ieee8021ad.id"),
    "vxlan": ("vxlan", "vxlan.vni"),
    "geneve": ("geneve", "geneve.vni"),
}
"""By protocol: what it is called, and the field with its number."""

FIELDS = ("frame.interface_id", "frame.interface_name", *(field for _, field in _IDENTIFIERS.values()))

_NO_NAME = ("", "unknown")


def place(protocols: Iterable[str], fields: Mapping[str, str]) -> str:
    """The text for captures.rows.Envelope. `protocols` are those of the frame, outermost first; values of `fields` are
    separated by commas where a protocol occurs more than once."""
    numbers = {protocol: iter(fields.get(field, "").split(",")) for protocol, (_, field) in _IDENTIFIERS.items()}
    words = [_interface(fields.get("frame.interface_id", ""), fields.get("frame.interface_name", ""))]
    last = ""
    for protocol in protocols:
        if protocol not in _IDENTIFIERS:
            continue
        kind = _IDENTIFIERS[protocol][0]
        number = next(numbers[protocol], "")
        if not number:  # its header is not there in full
            break
        if kind == last == "vlan":
            words[-1] += f".{int(number, 0)}"
        else:
            words.append(f"{kind} {int(number, 0)}")
        last = kind
    return " ".join(words).strip()


def printable(name: str) -> str:
    """A name out of a file, as it can be shown in a terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name).strip()


def _interface(number: str, name: str) -> str:
    if name not in _NO_NAME:
        return printable(name)
    return "" if number in ("", "0") else f"interface {number}"
