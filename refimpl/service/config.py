"""The configuration file of `refbfd`, and the session model that the control socket shares with it.

Lives here: what may be written, and the errors about it. Must not live here: sockets, sessions, the protocol
itself. Bounds come from RFC 5880 sections 4.1 and 6.8.1, addresses from RFC 5881 section 3 and RFC 5883 section 4.1,
padding from RFC 9764 section 5.2.
"""

import ipaddress
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    model_validator,
)

from refimpl.core.profile import Profile, SessionConfig
from refimpl.profiles.rfc5881 import SINGLE_HOP
from refimpl.profiles.rfc5883 import ANY_TTL, MULTI_HOP, UNIDIRECTIONAL_RECEIVER, UNIDIRECTIONAL_SENDER, multi_hop
from refimpl.service.auth import AUTH_ALLOWED, AuthModel
from refimpl.service.durations import LONGEST_US, parse_duration
from refimpl.service.explain import explain
from refimpl.service.model import Model, clash

PROFILES: dict[str, Profile] = {
    profile.name: profile for profile in (SINGLE_HOP, MULTI_HOP, UNIDIRECTIONAL_SENDER, UNIDIRECTIONAL_RECEIVER)
}

_UNITS = 'an integer with a unit us, ms or s, such as "300ms"'
_LONGEST_INTERFACE_NAME = 15


class ConfigError(Exception):
    """A configuration that cannot be used. `problems` are lines: file, key path, value, what is allowed."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _unicast(text: object) -> str:
    """The canonical spelling of a unicast address, which is the one that sockets report, too."""
    if not isinstance(text, str) or "%" in text:
        raise ValueError("not an IP address")
    address = ipaddress.ip_address(text)
    if address.is_multicast or address.is_unspecified or address == ipaddress.ip_address("255.255.255.255"):
        raise ValueError("not a unicast address")
    return str(address)


def _interface_name(text: object) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST_INTERFACE_NAME or not text.isprintable():
        raise ValueError("not an interface name")
    if "/" in text or " " in text:
        raise ValueError("not an interface name")
    return text


def _positive(duration_us: int) -> int:
    if duration_us == 0:
        raise ValueError("zero is reserved")
    return duration_us


Address = Annotated[str, BeforeValidator(_unicast)]
InterfaceName = Annotated[str, BeforeValidator(_interface_name)]
SessionName = Annotated[str, Field(strict=True, pattern=r"^[!-~]{1,63}$")]
Duration = Annotated[int, BeforeValidator(parse_duration)]
DesiredMinTx = Annotated[int, BeforeValidator(lambda text: _positive(parse_duration(text)))]
DetectMult = Annotated[StrictInt, Field(ge=1, le=255)]
MinTtl = Annotated[StrictInt, Field(ge=0, le=255)]
Dscp = Annotated[StrictInt, Field(ge=0, le=63)]
Discriminator = Annotated[StrictInt, Field(ge=1, le=(1 << 32) - 1)]
PaddedPduSize = Annotated[StrictInt, Field(ge=24, le=65507)]
"""Up to what a datagram over IPv4 holds."""
SessionType = Literal["single_hop", "multi_hop", "unidirectional_sender", "unidirectional_receiver"]

NAME_ALLOWED = "1 to 63 printable ASCII characters without spaces"
DESIRED_MIN_TX_ALLOWED = f"{_UNITS}, from 1us to {LONGEST_US}us"
REQUIRED_MIN_RX_ALLOWED = f"{_UNITS}, from 0ms to {LONGEST_US}us"
DETECT_MULT_ALLOWED = "an integer from 1 to 255"
MIN_TTL_ALLOWED = "an integer from 0 (any TTL) to 255"
DISCRIMINATOR_ALLOWED = "an integer from 1 to 4294967295"


ECHO_ALLOWED = "a mapping with the keys transmit, required_min_rx, source"


class EchoModel(Model):
    """The Echo function of a session (RFC 5880 section 6.4); durations of 0 are off."""

    transmit: Duration = Field(default=0, description=REQUIRED_MIN_RX_ALLOWED)
    required_min_rx: Duration = Field(default=0, description=REQUIRED_MIN_RX_ALLOWED)
    source: Address | None = Field(default=None, description="a unicast address outside of the link's subnet")

    @property
    def in_use(self) -> bool:
        """Whether Echo packets are sent or looped back."""
        return bool(self.transmit or self.required_min_rx)


class SessionModel(Model):
    """One session; durations are microseconds after validation."""

    name: SessionName = Field(default="", description=NAME_ALLOWED)
    peer: Address = Field(description="a unicast IPv4 or IPv6 address, without a zone")
    local: Address = Field(description="a unicast IPv4 or IPv6 address of this system, without a zone")
    interface: InterfaceName = Field(default="", description="the name of an interface, 1 to 15 characters")
    type: SessionType = Field(default="single_hop", description=" or ".join(PROFILES))
    desired_min_tx: DesiredMinTx = Field(default=300_000, description=DESIRED_MIN_TX_ALLOWED)
    required_min_rx: Duration = Field(default=300_000, description=REQUIRED_MIN_RX_ALLOWED)
    detect_mult: DetectMult = Field(default=3, description=DETECT_MULT_ALLOWED)
    passive: StrictBool = Field(default=False, description="true or false")
    demand: StrictBool = Field(default=False, description="true or false")
    control_plane_independent: StrictBool = Field(default=False, description="true or false")
    min_ttl: MinTtl = Field(default=ANY_TTL, description=MIN_TTL_ALLOWED)
    auth: AuthModel | None = Field(default=None, repr=False, description=AUTH_ALLOWED)
    point_to_point: StrictBool | None = Field(default=None, description="true or false")
    dscp: Dscp | None = Field(default=None, description="an integer from 0 to 63")
    padded_pdu_size: PaddedPduSize | None = Field(default=None, description="an integer from 24 to 65507")
    local_discriminator: Discriminator | None = Field(default=None, description=DISCRIMINATOR_ALLOWED)
    remote_discriminator: Discriminator | None = Field(default=None, description=DISCRIMINATOR_ALLOWED)
    echo: EchoModel = Field(default=EchoModel(), description=ECHO_ALLOWED)

    @model_validator(mode="after")
    def _addresses_fit(self) -> Self:
        peer, local = ipaddress.ip_address(self.peer), ipaddress.ip_address(self.local)
        if peer.version != local.version:
            raise clash(f"peer {self.peer} and local {self.local} must be of the same address family")
        if peer == local:
            raise clash(f"peer and local are both {self.peer}; they must differ")
        link_local = isinstance(local, ipaddress.IPv6Address) and (peer.is_link_local or local.is_link_local)
        if link_local and self.type != SINGLE_HOP.name:
            raise clash("link-local addresses reach over one hop only; allowed type is single_hop")
        if link_local and not self.interface:
            raise clash("interface is missing; link-local addresses need it")
        if self.min_ttl != ANY_TTL and self.type != MULTI_HOP.name:
            raise clash(f"min_ttl {self.min_ttl} is for multi_hop; over a single hop it is always 255")
        return self

    @model_validator(mode="after")
    def _link_is_named(self) -> Self:
        if not self.interface and self.type in (UNIDIRECTIONAL_SENDER.name, UNIDIRECTIONAL_RECEIVER.name):
            raise clash(f"interface is missing; type {self.type} needs it")
        if self.point_to_point and (not self.interface or self.type != SINGLE_HOP.name):
            raise clash("point_to_point is about an interface, over one hop; allowed is type single_hop with interface")
        return self

    @model_validator(mode="after")
    def _echo_fits(self) -> Self:
        if self.echo.in_use and self.type != SINGLE_HOP.name:
            raise clash("echo: there is no Echo function over several hops; allowed type is single_hop")
        if self.echo.in_use and not self.interface:
            raise clash("interface is missing; echo needs it")
        if self.echo.source is not None and (":" in self.echo.source) != (":" in self.local):
            raise clash(f"echo.source {self.echo.source} and local {self.local} must be of the same address family")
        return self

    @property
    def label(self) -> str:
        """The name, by default peer address and interface."""
        return self.name or (f"{self.peer}%{self.interface}" if self.interface else self.peer)

    @property
    def identity(self) -> tuple[tuple[str, str], ...]:
        """What no two sessions may have in common, because a first packet selects its session by it: pairs of key and
        value (RFC 5881 sections 3 and 6, RFC 5882 section 6, RFC 5883 sections 4.1 and 4.3)."""
        version = f"IPv{ipaddress.ip_address(self.peer).version}"
        parts = {
            "type": self.type,
            "peer": f"any, over {version}" if self.point_to_point else self.peer,
            "interface": self.interface or "any",
        }
        match self.type:
            case MULTI_HOP.name:
                del parts["interface"]
                parts["local"] = self.local
            case UNIDIRECTIONAL_RECEIVER.name:
                parts["peer"] = f"any, over {version}"
        if self.dscp is not None:
            parts["dscp"] = str(self.dscp)
        return tuple(parts.items())

    @property
    def profile(self) -> Profile:
        """The application RFC of this type."""
        profile = PROFILES[self.type]
        return multi_hop(self.min_ttl, profile) if profile is MULTI_HOP else profile

    def session_config(self) -> SessionConfig:
        """The same, for the engine."""
        return SessionConfig(
            peer=self.peer,
            local=self.local,
            interface=self.interface,
            desired_min_tx_us=self.desired_min_tx,
            required_min_rx_us=self.required_min_rx,
            detect_mult=self.detect_mult,
            passive=self.passive,
            control_plane_independent=self.control_plane_independent,
            auth=None if self.auth is None else self.auth.auth_config(),
            demand=self.demand,
            point_to_point=bool(self.point_to_point),
            dscp=self.dscp,
            local_discr=self.local_discriminator or 0,
            remote_discr=self.remote_discriminator or 0,
            required_min_echo_rx_us=self.echo.required_min_rx,
            desired_min_echo_tx_us=self.echo.transmit,
            echo_source=self.echo.source or "",
            padded_pdu_size=self.padded_pdu_size or 0,
        )


class LogModel(Model):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )
    format: Literal["text", "json"] = Field(default="text", description="text or json")


class Config(Model):
    """The whole file. `shutdown_linger` bounds how long AdminDown is announced at the end (RFC 5880 section 6.8.16)."""

    sessions: tuple[SessionModel, ...] = Field(default=(), description="a list of sessions")
    log: LogModel = Field(default=LogModel(), description="a mapping with the keys level, format")
    shutdown_linger: Duration = Field(default=3_000_000, description=REQUIRED_MIN_RX_ALLOWED)

    @model_validator(mode="after")
    def _sessions_differ(self) -> Self:
        labels: dict[Hashable, int] = {}
        identities: dict[Hashable, int] = {}
        for index, session in enumerate(self.sessions):
            first = identities.setdefault(session.identity, index)
            if first != index:
                raise clash(f"sessions[{index}]: {same_session(session)} as sessions[{first}]")
            first = labels.setdefault(session.label, index)
            if first != index:
                raise clash(f"sessions[{index}].name: {session.label!r} is the name of sessions[{first}], too")
        return self


def same_session(session: SessionModel) -> str:
    """The first half of a sentence about a duplicate."""
    *parts, last = [f"{key} ({value})" for key, value in session.identity]
    return f"the same {', '.join(parts)} and {last}"


def load_config(path: Path) -> Config:
    """Read and validate the file. Raises ConfigError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: byte {error.start} is not UTF-8"]) from None
    except yaml.YAMLError as error:
        raise ConfigError([f"{path}: {_yaml_problem(error)}"]) from None
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError(_in_file(path, explain(error, Config))) from None


def _in_file(path: Path, problems: Iterable[str]) -> list[str]:
    return [f"{path}: {problem}" for problem in problems]


def _yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem or error.context}"
    return "not YAML: " + " ".join(str(error).split())
