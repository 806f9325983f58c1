"""Read a capture file with Wireshark's dissectors, by two ways that must agree: tshark directly, and pyshark.

Lives here: the two readers and the one translation from dissector fields to rows. Must not live here: any opinion about
what was read. Fields are those of RFC 5880 section 4; ports are those of RFC 5881 section 4, RFC 5883 section 5, RFC
7130 section 2.1 and RFC 7881 section 3.
"""

import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from captures import payload as payloads
from captures import place as places
from captures.checksum import intact
from captures.digests import Keys
from captures.rows import Digest, Row, Undecoded

BFD_PORTS = (3784, 4784, 6784, 7784)

_PCAP_HEADER, _PCAPNG_HEADER = 24, 28  # the least size in bytes: below, tshark takes the file for text
_MAGIC = {
    b"\n\r\r\n": _PCAPNG_HEADER,
    b"\xa1\xb2\xc3\xd4": _PCAP_HEADER,
    b"\xd4\xc3\xb2\xa1": _PCAP_HEADER,
    b"\xa1\xb2\x3c\x4d": _PCAP_HEADER,  # nanoseconds
    b"\x4d\x3c\xb2\xa1": _PCAP_HEADER,
    b"\x1f\x8b": 0,  # the same compressed: gzip, zstd, lz4
    b"\x28\xb5\x2f\xfd": 0,
    b"\x04\x22\x4d\x18": 0,
}
_TORN_HEADER = "mime_dlt"  # the protocol under which tshark "opens" a file that ends somewhat later in its header
NEEDED = "a pcap or pcapng file is needed"
_DAMAGE = ("cut short in the middle", "damaged or corrupt")  # tshark read what came before these complaints

_HEADED_FOR = "ip.cur_rt"
"""The destination in the header of a packet with a source route; "ip.dst" is the end of the route then."""

_LAST_OF_UDP = "udp.checksum"

_FIELDS = (
    "frame.protocols",  # first, so that `run_tshark` can look at it
    "frame.number",
    "frame.time_epoch",
    *places.FIELDS,
    "ip.src",
    "ip.dst",
    _HEADED_FOR,
    "ip.ttl",
    "ip.flags.df",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.hlim",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
    _LAST_OF_UDP,
    "udp.payload",
    "bfd.version",
    "bfd.diag",
    "bfd.flags",
    "bfd.detect_time_multiplier",
    "bfd.message_length",
    "bfd.my_discriminator",
    "bfd.your_discriminator",
    "bfd.desired_min_tx_interval",
    "bfd.required_min_rx_interval",
    "bfd.required_min_echo_interval",
    "bfd.auth.type",
    "bfd.auth.len",
    "bfd.auth.key",
    "bfd.auth.seq_num",
)
_LAST_NANOSECOND = 2**63 - 1
_TRUE = ("1", "True")  # as older and newer versions print a flag
_AS_IT_CAME = (
    *("-E", "occurrence=a"),
    *("-o", "ip.defragment:FALSE"),  # a frame's number goes with what is in that frame
    *("-o", "ipv6.defragment:FALSE"),
)
_LAST_MANDATORY_FIELD = "bfd.required_min_echo_interval"


class CaptureError(Exception):
    """A capture cannot be read. The message is one line: which file, and why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader got out of a file, in file order.

    `warning` is "" for a file that was read to its end, else one line: the rows are those before the damage.
    """

    rows: list[Row]
    undecoded: list[Undecoded]
    warning: str = ""


def read_tshark(path: Path, ports: Iterable[int] = BFD_PORTS, *, keys: Keys | None = None) -> Reading:
    """Every BFD Control packet in `path`, by one tshark process.

    `ports` are the UDP ports (1 to 65535) to which packets are taken for BFD; a packet that only comes from such a
    port has to look like one (captures.payload.plausible). Left out are quotes in ICMP errors, fragments other than
    the first, and what has no whole UDP header or a UDP Length below 8; of packets in tunnels, the innermost headers
    count. With `keys`, digests are checked. Raises CaptureError.
    """
    wanted = sorted(set(ports))
    lines, warning = run_tshark(path, _selection(path, wanted), _FIELDS)
    return _reading((dict(zip(_FIELDS, line.split("\t"), strict=True)) for line in lines), wanted, keys, warning)


def read_pyshark(path: Path, ports: Iterable[int] = BFD_PORTS, *, keys: Keys | None = None) -> Reading:
    """The same as `read_tshark`, through pyshark and its XML: a second pair of eyes, some hundred times slower.

    XML is the one of pyshark's modes that keeps both headers of a packet in a tunnel apart. Must not be called from
    inside a running event loop. Raises CaptureError.
    """
    wanted = sorted(set(ports))
    selection = _selection(path, wanted)
    _, warning = run_tshark(path, selection, _FIELDS[:1])  # pyshark cannot tell a damaged file from a short one
    import asyncio  # noqa: PLC0415  as with pyshark below

    loop = asyncio.new_event_loop()
    try:
        with _pyshark_capture(path, selection, loop) as capture:
            return _reading((_fields_of_layers(packet) for packet in capture), wanted, keys, warning)
    finally:
        loop.close()


def check_start(path: Path, start: bytes) -> None:
    """Look at the first 28 bytes of a file, or at all of a shorter one. Raises CaptureError where it is no capture."""
    least = next((size for magic, size in _MAGIC.items() if start.startswith(magic)), None)
    if least is None:
        raise CaptureError(f"{path}: {'not a capture' if start else 'empty'}, {NEEDED}")
    if len(start) < least:
        raise CaptureError(f"{path}: cut short in the file header, {NEEDED}")


def _selection(path: Path, ports: Sequence[int]) -> list[str]:
    try:
        with path.open("rb") as file:
            start = file.read(_PCAPNG_HEADER)
    except OSError as error:
        raise CaptureError(f"{path}: {error.strerror}") from error
    check_start(path, start)
    any_port = " || ".join(f"udp.port == {port}" for port in ports)
    decode = [word for port in ports for word in ("-d", f"udp.port=={port},bfd")]
    return ["-Y", f"{_TORN_HEADER} || ({_LAST_OF_UDP} && ({any_port}) && !icmp && !icmpv6)", *_AS_IT_CAME, *decode]


def run_tshark(path: Path, selection: list[str], fields: Iterable[str]) -> tuple[list[str], str]:
    """The output lines and the warning. Raises CaptureError."""
    if shutil.which("tshark") is None:
        raise CaptureError(
            f"{path}: tshark was not found in PATH; it is part of Wireshark, version 4.0 or newer is needed"
        )
    columns = [word for field in fields for word in ("-e", field)]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=l"]
    done = subprocess.run(
        [*command, *selection, *columns], capture_output=True, text=True, errors="replace", check=False
    )
    lines = done.stdout.splitlines()
    if any(line.startswith(_TORN_HEADER) for line in lines):
        raise CaptureError(f"{path}: cut short in the file header, {NEEDED}")
    warning = ""
    if done.returncode != 0:
        complaints = [line for line in done.stderr.splitlines() if line.startswith("tshark: ")]
        warning = complaints[-1].removeprefix("tshark: ") if complaints else f"tshark ended with {done.returncode}"
        if not any(damage in warning for damage in _DAMAGE):
            raise CaptureError(f"{path}: {warning}")
    return lines, warning


def _pyshark_capture(path: Path, selection: list[str], loop: Any) -> Any:
    import pyshark  # noqa: PLC0415  it takes a quarter of a second, and the other reader does without it

    class Capture(pyshark.FileCapture):  # type: ignore[misc]
        """pyshark kills tshark at the end of its output; where tshark has just ended, asyncio and subprocess then
        fight over the exit status. So the end is awaited instead."""

        async def _cleanup_subprocess(self, process: Any) -> None:
            if self._eof_reached:
                await process.wait()
            else:
                await super()._cleanup_subprocess(process)

    return Capture(path, keep_packets=False, eventloop=loop, custom_parameters=selection)


def _fields_of_layers(packet: Any) -> dict[str, str]:
    """The fields that tshark would print; those of a repeated layer separated by commas."""
    values: dict[str, list[str]] = {}
    for layer in (packet.frame_info, *packet.layers):  # a frame with a comment has its frame layer among the others
        for name in _FIELDS:
            value = layer.get_field(name) if name.startswith(f"{layer.layer_name}.") else None
            if value is not None:
                values.setdefault(name, []).append(str(value))
    return {name: ",".join(each) for name, each in values.items()}


def _reading(packets: Iterable[Mapping[str, str]], ports: Sequence[int], keys: Keys | None, warning: str) -> Reading:
    rows: list[Row] = []
    undecoded: list[Undecoded] = []
    for fields in packets:
        if _count(fields, _LAST_OF_UDP) < _count(fields, "udp.dstport"):  # the innermost header is cut
            continue
        envelope = _envelope(fields)
        payload = _payload(fields, envelope)
        stated = envelope["udp_length"] - 8
        if envelope["destination_port"] not in ports and not (
            envelope["source_port"] in ports and payloads.plausible(payload, stated)
        ):
            continue
        if len(payload) < payloads.MANDATORY:
            undecoded.append(Undecoded(**envelope))
            continue
        contents = _contents(fields, payload) if _last(fields, _LAST_MANDATORY_FIELD) else payloads.contents(payload)
        row = Row(
            **envelope,
            **contents,
            malformed=payloads.malformed(payload, stated),
            padding=payloads.padding(payload, stated),
            digest=_digest(fields, envelope, payload, keys) if keys else Digest.UNCHECKED,
        )
        rows.append(row)
    return Reading(rows, undecoded, warning)


def _envelope(fields: Mapping[str, str]) -> dict[str, Any]:
    protocols = fields["frame.protocols"].split(":")
    inner_is_6 = next(protocol for protocol in reversed(protocols) if protocol in ("ip", "ipv6")) == "ipv6"
    family, hops = ("ipv6", "ipv6.hlim") if inner_is_6 else ("ip", "ip.ttl")
    destination = _last(fields, f"{family}.dst")
    return {
        "frame": int(fields["frame.number"]),
        "time_ns": nanoseconds(fields.get("frame.time_epoch") or "0"),  # pcapng's simple packets have no time
        "place": places.place(protocols, fields),
        "source": _last(fields, f"{family}.src"),
        "destination": destination if inner_is_6 else _last(fields, _HEADED_FOR) or destination,
        "ttl": _number(fields, hops),
        "dont_fragment": not inner_is_6 and _last(fields, "ip.flags.df") in _TRUE,
        "source_port": _number(fields, "udp.srcport"),
        "destination_port": _number(fields, "udp.dstport"),
        "ip_version": 6 if inner_is_6 else 4,
        "udp_length": _number(fields, "udp.length"),
    }


def _payload(fields: Mapping[str, str], envelope: Mapping[str, Any]) -> bytes:
    """What the capture holds of the innermost UDP payload."""
    if _count(fields, "udp.payload") < _count(fields, "udp.dstport"):
        return b""
    payload = bytes.fromhex(_last(fields, "udp.payload").replace(":", ""))
    stated = envelope["udp_length"] - 8
    jumbogram = envelope["udp_length"] == 0 and envelope["ip_version"] == 6  # RFC 2675 section 4
    return payload if jumbogram else payload[: max(stated, 0)]


def _digest(fields: Mapping[str, str], envelope: Mapping[str, Any], payload: bytes, keys: Keys) -> Digest:
    digest = keys.check(payload)
    if digest is Digest.WRONG:
        source, destination = (ip_address(envelope[name]).packed for name in ("source", "destination"))
        ports = envelope["source_port"], envelope["destination_port"]
        checksum = _number(fields, _LAST_OF_UDP)
        if not intact(source, destination, ports, envelope["udp_length"], checksum, payload):
            return Digest.DOUBTFUL
    return digest


def _contents(fields: Mapping[str, str], payload: bytes) -> dict[str, Any]:
    """Of the payload only what Wireshark has no field for: the Reserved byte, where it found a Sequence Number."""
    flags = _number(fields, "bfd.flags")  # tshark's "flags" are the whole second byte, state included
    return {
        "version": _number(fields, "bfd.version"),
        "diag": _number(fields, "bfd.diag"),
        "state": flags >> 6,
        "poll": bool(flags & 0x20),
        "final": bool(flags & 0x10),
        "control_plane_independent": bool(flags & 0x08),
        "authentication_present": bool(flags & 0x04),
        "demand": bool(flags & 0x02),
        "multipoint": bool(flags & 0x01),
        "detect_mult": _number(fields, "bfd.detect_time_multiplier"),
        "length": _number(fields, "bfd.message_length"),
        "my_discriminator": _number(fields, "bfd.my_discriminator"),
        "your_discriminator": _number(fields, "bfd.your_discriminator"),
        "desired_min_tx_interval_us": _number(fields, "bfd.desired_min_tx_interval"),
        "required_min_rx_interval_us": _number(fields, "bfd.required_min_rx_interval"),
        "required_min_echo_rx_interval_us": _number(fields, "bfd.required_min_echo_interval"),
        "auth_type": _optional(fields, "bfd.auth.type"),
        "auth_length": _optional(fields, "bfd.auth.len"),
        "auth_key_id": _optional(fields, "bfd.auth.key"),
        "auth_sequence": _optional(fields, "bfd.auth.seq_num"),
        "auth_reserved": payload[payloads.RESERVED_AT] if fields.get("bfd.auth.seq_num") else None,
    }


def nanoseconds(epoch: str) -> int:
    """The time that tshark prints as seconds; beyond the years that 64 bits can tell, the last that they can."""
    seconds, _, fraction = epoch.removeprefix("-").partition(".")
    size = min(int(seconds) * 10**9 + int(fraction.ljust(9, "0")), _LAST_NANOSECOND)
    return -size if epoch.startswith("-") else size


def _last(fields: Mapping[str, str], name: str) -> str:
    """The innermost of a field's values, "" where there is none."""
    return fields.get(name, "").rpartition(",")[2]


def _count(fields: Mapping[str, str], name: str) -> int:
    values = fields.get(name, "")
    return values.count(",") + 1 if values else 0


def _number(fields: Mapping[str, str], name: str) -> int:
    return int(_last(fields, name), 0)  # decimal or 0x-hexadecimal, whichever the dissector prefers


def _optional(fields: Mapping[str, str], name: str) -> int | None:
    return int(_last(fields, name), 0) if fields.get(name) else None
