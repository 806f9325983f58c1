"""The file that describes a device: where it is, what was configured on it by hand, how it can be told something.

Lives here: what may be written, and the errors about it, one line each: file, key path, value, what is allowed. Must
not live here: the device itself. Durations are microseconds after validation.
"""

from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, ValidationError, model_validator

from topologies.fields import DURATION_ALLOWED, LONGEST_US, Auth, Duration, PositiveDuration, Strict
from topologies.node import Capability, NodeError, SessionSpec
from topologies.nodes.device.commands import PLACEHOLDERS, Template, parse_template
from topologies.problems import clash, one_line


class DeviceError(NodeError):
    """A device file cannot be used. One line: file, key path, value, what is allowed."""


def _unicast(text: object) -> str:
    if not isinstance(text, str) or "%" in text:
        raise ValueError("not an address")
    address = ip_address(text)
    if address.is_multicast or address.is_unspecified:
        raise ValueError("not a unicast address")
    return str(address)


def _unicast_of(version: int) -> BeforeValidator:
    def check(text: object) -> str:
        address = _unicast(text)
        if ip_address(address).version != version:
            raise ValueError("the other IP version")
        return address

    return BeforeValidator(check)


def _with_prefix(version: int) -> BeforeValidator:
    def check(text: object) -> str:
        if not isinstance(text, str) or "/" not in text or "%" in text:
            raise ValueError("no prefix length")
        interface = ip_interface(text)
        if interface.version != version:
            raise ValueError("the other IP version")
        _unicast(str(interface.ip))
        return str(interface)

    return BeforeValidator(check)


def _template(text: object) -> Template:
    if not isinstance(text, str):
        raise clash(f"allowed is a command line; placeholders are {', '.join(PLACEHOLDERS)}")
    try:
        return parse_template(text)
    except ValueError as error:
        raise clash(str(error)) from None


InterfaceName = Annotated[str, Field(strict=True, pattern=r"^[!-.0-~]{1,15}$")]
ForeignName = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_./:@+-]{0,63}$")]
Command = Annotated[Template, BeforeValidator(_template)]

_V4_ALLOWED = "a unicast IPv4 address"
_V6_ALLOWED = "a unicast IPv6 address without a zone"


class Session(Strict):
    """A session that was configured on the device by hand. `peer` is the tester's address, `local` the device's."""

    peer: Annotated[str, BeforeValidator(_unicast)] = Field(description="an address of the tester, without a prefix")
    local: Annotated[str, BeforeValidator(_unicast)] | None = Field(
        default=None, description="an address of the device; default: target.ipv4 or target.ipv6"
    )
    kind: Literal["single_hop", "multi_hop"] = Field(default="single_hop", description="single_hop or multi_hop")
    desired_min_tx: PositiveDuration = Field(
        default=300_000, description=f"{DURATION_ALLOWED}, from 1us to {LONGEST_US}us"
    )
    required_min_rx: Duration = Field(default=300_000, description=f"{DURATION_ALLOWED}, from 0us to {LONGEST_US}us")
    detect_mult: Annotated[StrictInt, Field(ge=1, le=255)] = Field(default=3, description="an integer from 1 to 255")
    passive: StrictBool = Field(default=False, description="true or false")
    auth: Auth | None = Field(default=None, repr=False, description="a mapping with the keys type, keys, send_key")


class Tester(Strict):
    """This side of the link. Addresses have a prefix length and are configured on the interface already."""

    interface: InterfaceName = Field(description="the name of an interface of this machine")
    namespace: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9._-]+$")] | None = Field(
        default=None, description="a network namespace that `ip netns` shows"
    )
    ipv4: Annotated[str, _with_prefix(4)] | None = Field(
        default=None, description="an IPv4 address with its prefix length, such as 192.0.2.1/24"
    )
    ipv6: Annotated[str, _with_prefix(6)] | None = Field(
        default=None, description="an IPv6 address with its prefix length, such as 2001:db8::1/64"
    )


class Target(Strict):
    """The device's side. `interface` is only used in commands."""

    ipv4: Annotated[str, _unicast_of(4)] | None = Field(default=None, description=_V4_ALLOWED)
    ipv6: Annotated[str, _unicast_of(6)] | None = Field(default=None, description=_V6_ALLOWED)
    mac: Annotated[str, Field(strict=True, pattern=r"^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$")] | None = Field(
        default=None, description="a MAC address such as 02:00:00:00:00:01; default: asked for by ARP or ND"
    )
    interface: ForeignName = Field(
        default="", description="the device's own name of its interface: 1 to 64 letters, digits and _./:@+-"
    )


class Commands(Strict):
    """Command lines that tell the device something. They end when the device has taken it over, with status 0."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    add_session: Command | None = None
    remove_session: Command | None = None
    set_timers: Command | None = None
    admin_down: Command | None = None
    admin_up: Command | None = None
    show: Command | None = None

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        for one, other in (("add_session", "remove_session"), ("admin_down", "admin_up")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise clash(f"{one} and {other}: allowed are both or neither")
        return self


class Device(Strict):
    """The whole file."""

    name: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")] = Field(
        description="1 to 40 letters, digits, dots, - and _, the first one a letter or digit"
    )
    description: str = Field(default="", description="text")
    version: str = Field(default="unknown", description="text in quotes")
    tester: Tester = Field(description=f"a mapping with the keys {', '.join(Tester.model_fields)}")
    target: Target = Field(description=f"a mapping with the keys {', '.join(Target.model_fields)}")
    sessions: tuple[Session, ...] = Field(default=(), description="a list of sessions")
    lacks: dict[Capability, Annotated[str, Field(min_length=1)]] = Field(
        default={}, description=f"a mapping of reasons by capability: {', '.join(Capability)}"
    )
    commands: Commands = Field(
        default=Commands(), description=f"a mapping with the keys {', '.join(Commands.model_fields)}"
    )
    command_time_limit: PositiveDuration = Field(default=10_000_000, description=f"{DURATION_ALLOWED}, not zero")
    expectations: str | None = Field(default=None, description="the path of a file with known deviations")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        complaint = self._addresses() or self._sessions() or self._words()
        if complaint:
            raise clash(complaint)
        return self

    def _addresses(self) -> str:
        for version in (4, 6):
            ours, theirs = getattr(self.tester, f"ipv{version}"), getattr(self.target, f"ipv{version}")
            if (ours is None) != (theirs is None):
                return f"tester.ipv{version} and target.ipv{version}: allowed are both or neither"
        if not self.families:
            return "tester: an address is missing; allowed are ipv4, ipv6, or both"
        for version in self.families:
            network, theirs = self.network(version), self.target_address(version)
            if theirs == str(network.ip):
                return f"target.ipv{version}: {theirs}: that is the tester's; allowed is another one"
            if ip_address(theirs) not in network.network and self.target.mac is None:
                return (
                    f"target.ipv{version}: {theirs}: allowed is an address in {network.network}, "
                    "or else target.mac with the MAC address of the next hop"
                )
        return ""

    def _sessions(self) -> str:
        if bool(self.sessions) == (self.commands.add_session is not None):
            return "sessions and commands.add_session: allowed is exactly one of them"
        seen: dict[tuple[str, str, str], int] = {}
        for number, session in enumerate(self.sessions):
            version = ip_address(session.peer).version
            where = f"sessions[{number}].peer: {session.peer}"
            if version not in self.families:
                return f"{where}: allowed is an address of the tester; tester.ipv{version} is missing"
            if ip_address(session.peer) not in self.network(version).network:
                return f"{where}: allowed is an address of the tester in {self.network(version).network}"
            local = session.local or self.target_address(version)
            if ip_address(local).version != version:
                return f"sessions[{number}].local: {local}: allowed is an IPv{version} address, as peer"
            first = seen.setdefault((session.kind, session.peer, local), number)
            if first != number:
                return f"sessions[{number}]: the same kind, peer and local as sessions[{first}]; allowed is one of each"
        return ""

    def _words(self) -> str:
        for verb in Commands.model_fields:
            template: Template | None = getattr(self.commands, verb)
            if template is not None and "interface" in template.names and not self.target.interface:
                return f"commands.{verb}: {{interface}}: allowed where there is a target.interface"
        return ""

    @property
    def families(self) -> list[int]:
        """The IP versions of the link, 4 first."""
        return [version for version in (4, 6) if getattr(self.tester, f"ipv{version}") is not None]

    def network(self, version: int) -> IPv4Interface | IPv6Interface:
        """The tester's address with its prefix length; `version` is one of `families`."""
        return ip_interface(getattr(self.tester, f"ipv{version}"))

    def target_address(self, version: int) -> str:
        """The device's address; `version` is one of `families`."""
        return str(getattr(self.target, f"ipv{version}"))

    def specs(self) -> tuple[SessionSpec, ...]:
        """The sessions that were configured by hand, as nodes take them."""
        return tuple(
            SessionSpec(
                name=f"by-hand-{number + 1}",
                peer=session.peer,
                local=session.local or self.target_address(ip_address(session.peer).version),
                interface=self.target.interface,
                kind=session.kind,
                desired_min_tx_us=session.desired_min_tx,
                required_min_rx_us=session.required_min_rx,
                detect_mult=session.detect_mult,
                passive=session.passive,
                auth=None if session.auth is None else session.auth.spec(),
            )
            for number, session in enumerate(self.sessions)
        )


def load_device(path: Path) -> Device:
    """Read a device file. Raises DeviceError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeviceError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DeviceError(f"{path}: byte {error.start} is not UTF-8") from None
    except yaml.YAMLError as error:
        raise DeviceError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    try:
        return Device.model_validate(document)
    except ValidationError as error:
        raise DeviceError(f"{path}: {one_line(error.errors(include_url=False)[0], Device)}") from None
