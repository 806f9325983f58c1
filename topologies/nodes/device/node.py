"""A device as a node: what its file configures or commands, it offers; everything else it lacks.

Sessions that were configured by hand are there for good; where commands add and remove sessions, there are none but
those. Whether a session is as the file says is for the tester to see on the wire.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from ipaddress import ip_address
from typing import NoReturn

from topologies.keys import AUTH_TYPES
from topologies.node import Capability, LackError, SessionSpec, SessionView, given
from topologies.nodes.adapter import evidence_of_lack
from topologies.nodes.device.commands import Template, run
from topologies.nodes.device.description import Device
from topologies.nodes.plain import PlainNode

_STATES = ("admin_down", "down", "init", "up", "absent")

_CHANGES = {
    Capability.CHANGE_TX: "desired_min_tx_us",
    Capability.CHANGE_RX: "required_min_rx_us",
    Capability.CHANGE_MULT: "detect_mult",
    Capability.ZERO_MIN_RX: "required_min_rx_us",
}
"""What `set_timers` has to be able to say for a capability."""

_KINDS = {
    Capability.PASSIVE: "passive",
    Capability.MULTI_HOP: "kind",
    Capability.DETECT_MULT_ONE: "detect_mult",
    Capability.ZERO_MIN_RX: "required_min_rx_us",
}
"""What `add_session` has to be able to say for a capability."""

_USUAL = SessionSpec(name="", peer="", local="", interface="")
_WHERE = ("name", "peer", "local", "interface")


class DeviceNode(PlainNode):
    """The verbs that a device file offers."""

    def __init__(self, device: Device) -> None:
        self.name = device.name
        self.version = device.version
        self.configured: Sequence[SessionSpec] = device.specs()
        self._device = device
        self._commands = device.commands
        self._present: dict[str, SessionSpec] = {spec.name: spec for spec in self.configured}
        self._disabled: set[str] = set()
        offered = frozenset(_offered(device))
        self.lacks: Mapping[Capability, str] = {
            capability: device.lacks.get(capability, "the device file neither configures nor commands it")
            for capability in Capability
            if capability in device.lacks or capability not in offered
        }

    def add_session(self, spec: SessionSpec) -> None:
        """Run the command. Raises LackError where there is none, or it cannot say what the session has to be like."""
        template = self._commands.add_session
        if template is None:
            raise LackError(self._not_there(spec))
        unsaid = [name for name in _unusual(spec) if not template.says(name)]
        if unsaid:
            raise LackError(f"{self.name}: command add_session has no placeholder for {', '.join(unsaid)}")
        self._run("add_session", spec)
        self._present[spec.name] = spec

    def remove_session(self, spec: SessionSpec) -> None:
        """Run the command, or put a session that was configured by hand back as it was."""
        if spec in self.configured:
            self._restore(spec)
        elif spec.name in self._present:
            self._run("remove_session", spec)
            del self._present[spec.name]
            self._disabled.discard(spec.name)

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Run the command with the new values; those that do not change are given as they are."""
        changes = given(
            desired_min_tx_us=desired_min_tx_us, required_min_rx_us=required_min_rx_us, detect_mult=detect_mult
        )
        template = self._commands.set_timers
        unsaid = [name for name in changes if template is None or not template.says(name)]
        if unsaid:
            self._refuse(f"no command changes {', '.join(unsaid)}")
        changed = replace(self._present.get(spec.name, spec), **changes)
        self._present[spec.name] = changed  # also where the command fails: what it left behind, nobody knows
        self._run("set_timers", changed)

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Run the command admin_up or admin_down."""
        if self._commands.admin_down is None:
            self._refuse("no command disables a session")
        self._disabled.add(spec.name)  # a command that fails leaves behind what nobody knows
        self._run("admin_up" if enabled else "admin_down", self._present.get(spec.name, spec))
        if enabled:
            self._disabled.discard(spec.name)

    def show(self, spec: SessionSpec) -> SessionView:
        """What the command `show` prints, which is the state as one word; without it, only whether the session is
        there."""
        if self._commands.show is None:
            return SessionView("unknown" if spec.name in self._present else "absent")
        answer = self._run("show", self._present.get(spec.name, spec)).strip()
        return SessionView(answer if answer in _STATES else "unknown", raw={"answer": answer})

    def check_lack(self, capability: Capability, spec: SessionSpec) -> str:
        """Try what the file declares as lacking where commands make that possible; LackError where they do not."""
        if capability in self._device.lacks and self._commands.add_session is not None:
            return evidence_of_lack(self, capability, spec)
        raise LackError(f"{self.lacks[capability]} (nobody can try it)")

    def _restore(self, spec: SessionSpec) -> None:
        if self._present[spec.name] != spec:
            self._run("set_timers", spec)
            self._present[spec.name] = spec
        if spec.name in self._disabled:
            self.set_admin(spec, enabled=True)

    def _run(self, verb: str, spec: SessionSpec) -> str:
        template: Template | None = getattr(self._commands, verb)
        if template is None:
            self._refuse(f"the device file has no command {verb}")
        return run(
            template,
            spec,
            what=f"{self.name}: {verb} {spec.name}",
            limit_s=self._device.command_time_limit / 1e6,
        )

    def _not_there(self, spec: SessionSpec) -> str:
        version = ip_address(spec.peer).version
        here = [_unusual(each) for each in self.configured if ip_address(each.peer).version == version]
        wanted = _unusual(spec)
        if wanted in here:
            return f"{self.name}: this needs a new session, and those of the device were configured by hand"
        # What the keys are is nobody's business.
        words = ", ".join(name if name == "auth" else f"{name} {value}" for name, value in wanted.items())
        return f"{self.name}: no IPv{version} session with {words or 'the usual parameters'} was configured by hand"

    def _refuse(self, why: str) -> NoReturn:
        raise LackError(f"{self.name}: {why}")


def _unusual(spec: SessionSpec) -> dict[str, object]:
    """The parameters in which a session is not like the usual one, 300 ms x 3 without anything special."""
    return {
        field.name: getattr(spec, field.name)
        for field in fields(SessionSpec)
        if field.name not in _WHERE and getattr(spec, field.name) != getattr(_USUAL, field.name)
    }


def _offered(device: Device) -> Iterator[Capability]:
    """What the file configures or commands."""
    commands, specs = device.commands, device.specs()
    yield from (Capability(f"ipv{version}") for version in device.families)
    if commands.admin_down is not None:
        yield Capability.ADMIN_DOWN
    if commands.show is not None:
        yield Capability.SHOW
    if commands.set_timers is not None:
        yield from (each for each, field in _CHANGES.items() if commands.set_timers.says(field))
    if commands.add_session is not None:
        yield Capability.SESSIONS
        yield from (each for each, field in _KINDS.items() if commands.add_session.says(field))
    for spec in specs:
        # A case that needs one of these asks for a session that has it, and only then is it seen whether there is one.
        traits = {
            Capability.PASSIVE: spec.passive,
            Capability.MULTI_HOP: spec.kind == "multi_hop",
            Capability.DETECT_MULT_ONE: spec.detect_mult == 1,
            Capability.ZERO_MIN_RX: spec.required_min_rx_us == 0,
        }
        yield from (each for each, has in traits.items() if has)
        if spec.auth is not None:
            kind = next(name for name, number in AUTH_TYPES.items() if number == spec.auth.type)
            yield Capability(f"auth_{kind}")
            if len(spec.auth.keys) > 1:
                yield Capability.AUTH_SEVERAL_KEYS
