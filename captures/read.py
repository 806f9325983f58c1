"""Read a capture file with Wireshark's dissectors, by two ways that must agree: tshark directly, and pyshark.

Lives here: the two readers and the one translation from dissector fields to rows. Must not live here: any opinion about
what was read. Fields are those of RFC 5880 section 4; ports are those of RFC 5881 section 4, RFC 5883 section 5, RFC
7130 section 2.1 and RFC 7881 section 3.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from captures.rows import Row, Undecoded

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
_NEEDED = "a pcap or pcapng file is needed"
_DAMAGE = ("cut short in the middle", "damaged or corrupt")  # tshark read what came before these complaints

_COMPLAINT = "_ws.malformed"
_MALFORMED = str(0x07000000)  # the same complaint where XML buries it: the expert group "Malformed"
_FIELDS = (
    "frame.protocols",  # first, so that `run_tshark` can look at it
    "frame.number",
    "frame.time_epoch",
    "ip.src",
    "ip.dst",
    "ip.ttl",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.hlim",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
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
    _COMPLAINT,
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


def read_tshark(path: Path, ports: Iterable[int] = BFD_PORTS) -> Reading:
    """Every BFD Control packet in `path`, by one tshark process.

    `ports` are the UDP ports (1 to 65535) that are taken for BFD besides what tshark recognises itself. Quotes in ICMP
    errors are left out; of packets in tunnels, the innermost headers count. Raises CaptureError.
    """
    lines, warning = run_tshark(path, _selection(path, ports), _FIELDS)
    return _reading((dict(zip(_FIELDS, line.split("\t"), strict=True)) for line in lines), warning)


def read_pyshark(path: Path, ports: Iterable[int] = BFD_PORTS) -> Reading:
    """The same as `read_tshark`, through pyshark and its XML: a second pair of eyes, some hundred times slower.

    XML is the one of pyshark's modes that keeps both headers of a packet in a tunnel apart. Must not be called from
    inside a running event loop. Raises CaptureError.
    """
    selection = _selection(path, ports)
    _, warning = run_tshark(path, selection, _FIELDS[:1])  # pyshark cannot tell a damaged file from a short one
    loop = asyncio.new_event_loop()
    try:
        with _pyshark_capture(path, selection, loop) as capture:
            return _reading((_fields_of_layers(packet) for packet in capture), warning)
    finally:
        loop.close()


def _selection(path: Path, ports: Iterable[int]) -> list[str]:
    try:
        with path.open("rb") as file:
            start = file.read(_PCAPNG_HEADER)
    except OSError as error:
        raise CaptureError(f"{path}: {error.strerror}") from error
    least = next((size for magic, size in _MAGIC.items() if start.startswith(magic)), None)
    if least is None:
        raise CaptureError(f"{path}: {'not a capture' if start else 'empty'}, {_NEEDED}")
    if len(start) < least:
        raise CaptureError(f"{path}: cut short in the file header, {_NEEDED}")
    wanted = sorted(set(ports))
    to_ports = "".join(f" || udp.dstport == {port}" for port in wanted)
    decode = [word for port in wanted for word in ("-d", f"udp.port=={port},bfd")]
    return ["-Y", f"{_TORN_HEADER} || (udp && (bfd{to_ports}) && !icmp && !icmpv6)", *decode]


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
        raise CaptureError(f"{path}: cut short in the file header, {_NEEDED}")
    warning = ""
    if done.returncode != 0:
        complaints = [line for line in done.stderr.splitlines() if line.startswith("tshark: ")]
        warning = complaints[-1].removeprefix("tshark: ") if complaints else f"tshark ended with {done.returncode}"
        if not any(damage in warning for damage in _DAMAGE):
            raise CaptureError(f"{path}: {warning}")
    return lines, warning


def _pyshark_capture(path: Path, selection: list[str], loop: asyncio.AbstractEventLoop) -> Any:
    import pyshark  # noqa: PLC0415  it takes a quarter of a second, and the other reader does without it

    class Capture(pyshark.FileCapture):  # type: ignore[misc]
        """pyshark kills tshark at the end of its output; where tshark has just ended, asyncio and subprocess then
        fight over the exit status. So the end is awaited instead."""

        async def _cleanup_subprocess(self, process: asyncio.subprocess.Process) -> None:
            if self._eof_reached:
                await process.wait()
            else:
                await super()._cleanup_subprocess(process)

    return Capture(path, keep_packets=False, eventloop=loop, custom_parameters=selection)


def _fields_of_layers(packet: Any) -> dict[str, str]:
    """The fields that tshark would print; of a repeated layer, the innermost."""
    fields: dict[str, str] = {}
    for layer in (packet.frame_info, *packet.layers):  # a frame with a comment has its frame layer among the others
        for name in _FIELDS:
            value = layer.get_field(name) if name.startswith(f"{layer.layer_name}.") else None
            if value is not None:
                fields[name] = str(value)
        experts = layer.get_field("_ws.expert.group")
        if layer.layer_name == _COMPLAINT or (experts and any(expert.show == _MALFORMED for expert in experts.fields)):
            fields[_COMPLAINT] = _COMPLAINT
    return fields


def _reading(packets: Iterable[Mapping[str, str]], warning: str) -> Reading:
    rows: list[Row] = []
    undecoded: list[Undecoded] = []
    for fields in packets:
        if fields.get(_LAST_MANDATORY_FIELD):
            rows.append(_row(fields))
        else:
            undecoded.append(Undecoded(**_envelope(fields)))
    return Reading(rows, undecoded, warning)


def _envelope(fields: Mapping[str, str]) -> dict[str, Any]:
    protocols = f":{fields['frame.protocols']}:"
    inner_is_6 = protocols.rfind(":ipv6:") > protocols.rfind(":ip:")
    family, hops = ("ipv6", "ipv6.hlim") if inner_is_6 else ("ip", "ip.ttl")
    return {
        "frame": int(fields["frame.number"]),
        "time_ns": nanoseconds(fields["frame.time_epoch"]),
        "source": fields[f"{family}.src"],
        "destination": fields[f"{family}.dst"],
        "ttl": int(fields[hops]),
        "source_port": int(fields["udp.srcport"]),
        "destination_port": int(fields["udp.dstport"]),
        "ip_version": 6 if inner_is_6 else 4,
        "udp_length": int(fields["udp.length"]),
    }


def _row(fields: Mapping[str, str]) -> Row:
    flags = _number(fields, "bfd.flags")  # tshark's "flags" are the whole second byte, state included
    return Row(
        **_envelope(fields),
        version=_number(fields, "bfd.version"),
        diag=_number(fields, "bfd.diag"),
        state=flags >> 6,
        poll=bool(flags & 0x20),
        final=bool(flags & 0x10),
        control_plane_independent=bool(flags & 0x08),
        authentication_present=bool(flags & 0x04),
        demand=bool(flags & 0x02),
        multipoint=bool(flags & 0x01),
        detect_mult=_number(fields, "bfd.detect_time_multiplier"),
        length=_number(fields, "bfd.message_length"),
        my_discriminator=_number(fields, "bfd.my_discriminator"),
        your_discriminator=_number(fields, "bfd.your_discriminator"),
        desired_min_tx_interval_us=_number(fields, "bfd.desired_min_tx_interval"),
        required_min_rx_interval_us=_number(fields, "bfd.required_min_rx_interval"),
        required_min_echo_rx_interval_us=_number(fields, "bfd.required_min_echo_interval"),
        auth_type=_optional(fields, "bfd.auth.type"),
        auth_length=_optional(fields, "bfd.auth.len"),
        auth_key_id=_optional(fields, "bfd.auth.key"),
        auth_sequence=_optional(fields, "bfd.auth.seq_num"),
        malformed=bool(fields.get(_COMPLAINT)),
    )


def nanoseconds(epoch: str) -> int:
    seconds, _, fraction = epoch.partition(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0"))


def _number(fields: Mapping[str, str], name: str) -> int:
    return int(fields[name], 0)  # decimal or 0x-hexadecimal, whichever the dissector prefers


def _optional(fields: Mapping[str, str], name: str) -> int | None:
    return int(fields[name], 0) if fields.get(name) else None
