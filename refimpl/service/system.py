"""The sessions of one daemon by name: what file and control socket do to them, what log and watchers hear.

Must not live here: a socket, a file, a signal, the protocol.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from refimpl.core.auth.config import AuthConfig
from refimpl.core.constants import Diag
from refimpl.core.outputs import Output, Slowed, StateChanged
from refimpl.core.session import Session
from refimpl.core.trace import EVENT_NAMES, record
from refimpl.runtime.sockets import CONGESTION, is_point_to_point
from refimpl.runtime.udp import EngineError, UdpEngine
from refimpl.service.config import SessionModel, same_session
from refimpl.service.logs import LOGGER, wall_clock

Watcher = Callable[[dict[str, Any]], None]


class RefusedError(Exception):
    """A command that cannot be obeyed. One line: what, why, what is allowed."""


class System:
    """Make it inside a running event loop."""

    def __init__(self) -> None:
        self._models: dict[str, SessionModel] = {}
        self._sessions: dict[str, Session] = {}
        self._names: dict[Session, list[str]] = {}
        """All names of a session: one for each client that asked for it."""
        self._leaving: dict[Session, SessionModel] = {}
        """Sessions that were removed and still say so."""
        self.watchers: set[Watcher] = set()
        """Each is called with every change of state, as a flat dictionary of plain values."""
        self._engine = UdpEngine(
            # Discriminators and ports that nobody can predict (RFC 5880 section 9), and still an ordinary generator.
            rng=random.Random(random.SystemRandom().getrandbits(128)),
            observe=self._observe,
            on_transmit_problem=self._on_transmit_problem,
        )

    # ------------------------------------------------------------------ commands

    def add(self, model: SessionModel) -> None:
        """Create a session, or share the one that exists for the same path: whoever asks for it has a name of his own
        (RFC 5882 sections 2 and 4.4). Raises RefusedError for a name in use and for other parameters than those of the
        session that would be shared, EngineError where it cannot have its sockets."""
        name = model.label
        if name in self._sessions:
            raise RefusedError(f"session {name!r} exists already; allowed is a name not in use")
        other = next((each for each, its in self._models.items() if its.identity == model.identity), None)
        if other is not None:
            self._share(name, model, other)
            return
        # What is left of an earlier session would take the first packets of this one's far end.
        for leaving in [each for each, its_model in self._leaving.items() if its_model.identity == model.identity]:
            self._forget(leaving)
        config = model.session_config()
        if model.point_to_point is None and model.interface:
            config = replace(config, point_to_point=is_point_to_point(model.interface))
        try:
            session = self._engine.add(config, model.profile)
        except EngineError as error:
            raise EngineError(f"session {name!r}: {error}") from None
        self._models[name], self._sessions[name], self._names[session] = model, session, [name]
        source_port = self._engine.source_port(session)
        LOGGER.info("%s: added, from UDP port %d", name, source_port, extra={"fields": {"session": name}})

    def set_timers(
        self,
        name: str,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Change parameters in one step (RFC 5880 sections 6.8.3, 6.8.12). Raises RefusedError."""
        session = self._find(name)
        outputs = session.set_timers(
            self._engine.now,
            desired_min_tx_us=desired_min_tx_us,
            required_min_rx_us=required_min_rx_us,
            detect_mult=detect_mult,
        )
        self._engine.perform(session, outputs)

    def set_echo(
        self, name: str, *, required_min_echo_rx_us: int | None = None, desired_min_echo_tx_us: int | None = None
    ) -> None:
        """Loop Echo packets back, or send them, from now on; 0 is off (RFC 5880 section 6.8.13). Raises RefusedError,
        and EngineError where there are no sockets for it."""
        session = self._find(name)
        try:
            self._engine.set_echo(
                session,
                required_min_echo_rx_us=required_min_echo_rx_us,
                desired_min_echo_tx_us=desired_min_echo_tx_us,
            )
        except (EngineError, ValueError) as error:
            raise RefusedError(f"session {name!r}: {error}") from None

    def set_send_key(self, name: str, key_id: int) -> None:
        """Authenticate outgoing packets with another of the session's keys (RFC 5880 section 6.7); it stays Up. Raises
        RefusedError."""
        auth = self._find(name).config.auth
        if auth is None:
            raise RefusedError(f"session {name!r} has no authentication; a send key is allowed only with it")
        try:
            changed = replace(auth, send_key_id=key_id)
        except ValueError as error:
            raise RefusedError(f"session {name!r}: {error}") from None
        self.set_keys(name, changed)

    def set_keys(self, name: str, auth: AuthConfig) -> None:
        """Replace the session's keys by others of the same type; it stays Up as long as its peer has one of them (RFC
        5880 section 6.7). Raises RefusedError."""
        try:
            self._find(name).change_keys(auth)
        except ValueError as error:
            raise RefusedError(f"session {name!r}: {error}") from None
        fields = {"session": name, "send_key": auth.send_key_id}
        LOGGER.info("%s: sends with key %d", name, auth.send_key_id, extra={"fields": fields})

    def set_admin(self, name: str, *, enabled: bool) -> None:
        """Enable or disable the session (RFC 5880 section 6.8.16). Raises RefusedError."""
        session, now = self._find(name), self._engine.now
        self._engine.perform(session, session.enable(now) if enabled else session.disable(now))

    def set_demand(self, name: str, *, enabled: bool) -> None:
        """Ask for Demand mode, or stop asking (RFC 5880 section 6.8.14). Raises RefusedError."""
        session = self._find(name)
        self._engine.perform(session, session.set_demand(self._engine.now, enabled))

    def verify(self, name: str) -> None:
        """Verify connectivity with a Poll Sequence (RFC 5880 section 6.6). Raises RefusedError unless Up."""
        session = self._find(name)
        try:
            outputs = session.verify(self._engine.now)
        except ValueError as error:
            raise RefusedError(f"session {name!r}: {error}") from None
        self._engine.perform(session, outputs)

    def hold_down(self, name: str, *, held: bool) -> None:
        """Keep the session from coming up, or let it (RFC 5880 section 6.8.18). Raises RefusedError."""
        session = self._find(name)
        self._engine.perform(session, session.hold_down(held=held))

    def report_path(self, name: str, diag: Diag) -> None:
        """Pass on the failure of a concatenated path, or its end (RFC 5880 section 6.8.17). Raises RefusedError."""
        session = self._find(name)
        try:
            outputs = session.report_path(self._engine.now, diag)
        except ValueError as error:
            raise RefusedError(f"session {name!r}: {error}") from None
        self._engine.perform(session, outputs)

    def reset_forwarding(self, name: str) -> None:
        """The forwarding plane was reset (RFC 5880 section 6.8.15). Raises RefusedError."""
        session = self._find(name)
        self._engine.perform(session, session.reset_forwarding(self._engine.now))

    def report_congestion(self, name: str, *, congested: bool) -> None:
        """A sign of congestion, or its end (RFC 5880 section 7). Raises RefusedError."""
        session, now = self._find(name), self._engine.now
        self._engine.perform(session, session.congested(now) if congested else session.congestion_over(now))

    def remove(self, name: str, *, at_once: bool = False) -> None:
        """Put the session into AdminDown and forget it when its peer must have heard of that (RFC 5882 section 8); with
        `at_once` it is told once. A session that others share goes on. Raises RefusedError."""
        leaving = [session for session in self._leaving if self._names[session] == [name]]
        if at_once and leaving and name not in self._sessions:
            for session in leaving:
                self._forget(session)
            return
        session = self._find(name)
        model = self._models.pop(name)
        del self._sessions[name]
        if self._names[session] != [name]:
            self._names[session].remove(name)
            LOGGER.info("%s: removed, others share its session", name, extra={"fields": {"session": name}})
            return
        linger_us = 0 if at_once else session.detection_time_over_there
        self._engine.perform(session, session.disable(self._engine.now))
        self._leaving[session] = model
        LOGGER.info("%s: removed", name, extra={"fields": {"session": name}})
        if linger_us:
            asyncio.get_running_loop().call_later(linger_us / 1_000_000, self._forget, session)
        else:
            self._forget(session)

    def show(self, name: str | None = None) -> list[dict[str, Any]]:
        """One session, or all, as flat dictionaries. Raises RefusedError."""
        names = list(self._sessions) if name is None else [name]
        return [self._view(each, self._find(each)) for each in names]

    async def shut_down(self, longest_us: int) -> None:
        """Disable all sessions, and stay until their peers must have heard of it (RFC 5880 section 6.8.16)."""
        linger_us = max((session.detection_time_over_there for session in self._names), default=0)
        for session in list(self._names):
            self._engine.perform(session, session.disable(self._engine.now))
        await asyncio.sleep(min(linger_us, longest_us) / 1_000_000)

    def close(self) -> None:
        """Close all sockets; sessions send nothing more."""
        self._engine.close()

    # ------------------------------------------------------------------ what log and watchers hear

    def _observe(self, now: int, session: Session | None, output: Output) -> None:
        changed = isinstance(output, StateChanged)
        level = logging.INFO if changed else logging.WARNING if isinstance(output, Slowed) else logging.DEBUG
        # A packet a millisecond passes here: nothing is put into words that nobody reads.
        if not changed and not LOGGER.isEnabledFor(level):
            return
        names: list[str | None] = [*self._names.get(session, ())] if session is not None else []
        message = _in_words(output)
        for name in names or [None]:
            fields = record(now, output) | {"session": name}
            if changed and session is not None:
                # What a failure means for a Graceful Restart depends on this (RFC 5882 section 4.3).
                fields["shares_fate_with_control_plane"] = session.variables.shares_fate_with_control_plane
            LOGGER.log(level, "%s: %s", name or "no session", message, extra={"fields": fields})
            for watcher in list(self.watchers) if changed else ():
                watcher({"time": wall_clock(time.time())} | fields)

    def _on_transmit_problem(self, session: Session, problem: str) -> None:
        name = ", ".join(self._names[session])
        message = f"cannot send: {problem}" if problem else "sending works again"
        LOGGER.warning("%s: %s", name, message, extra={"fields": {"session": name}})
        if problem == CONGESTION:  # not now: this session is just being served
            asyncio.get_running_loop().call_soon(self._on_congestion, session)

    def _on_congestion(self, session: Session) -> None:
        if session in self._names:
            self._engine.perform(session, session.congested(self._engine.now))

    # ------------------------------------------------------------------ inside

    def _forget(self, session: Session) -> None:
        """The end of a session that was removed; nothing where it is over already."""
        if self._leaving.pop(session, None) is not None:
            self._engine.remove(session)
            del self._names[session]

    def _share(self, name: str, model: SessionModel, other: str) -> None:
        """One more name for the session called `other`. How parameters that differ are settled is left open by RFC 5882
        section 2; here the first client's stand."""
        its_model = self._models[other]
        keys = SessionModel.model_fields.keys() - {"name"}
        differing = sorted(key for key in keys if getattr(model, key) != getattr(its_model, key))
        if differing:
            raise RefusedError(
                f"session {name!r}: {same_session(model)} as session {other!r}; allowed is the same {differing[0]}, too"
            )
        session = self._sessions[other]
        self._models[name], self._sessions[name] = model, session
        self._names[session].append(name)
        LOGGER.info("%s: shares the session of %s", name, other, extra={"fields": {"session": name}})

    def _find(self, name: str) -> Session:
        session = self._sessions.get(name)
        if session is None:
            raise RefusedError(f"no session {name!r}; there are: {', '.join(self._sessions) or 'none'}")
        return session

    def _view(self, name: str, session: Session) -> dict[str, Any]:
        v, config, counters = session.variables, session.config, session.counters
        return {
            "name": name,
            "peer": config.peer,
            "local": config.local,
            "interface": config.interface,
            "type": session.profile.name,
            "state": v.session_state.name.lower(),
            "remote_state": v.remote_session_state.name.lower(),
            "local_diag": int(v.local_diag),
            "remote_diag": int(v.remote_diag),
            "local_discriminator": v.local_discr,
            "remote_discriminator": v.remote_discr,
            "control_plane_independent": v.control_plane_independent,
            "remote_control_plane_independent": v.remote_control_plane_independent,
            "held_down": session.held_down,
            "slowed_by": session.backoff.factor,
            "auth_type": config.auth.auth_type.name.lower() if config.auth is not None else "none",
            "demand": session.wants_demand,
            "demand_active": v.demand_active,
            "remote_demand_active": v.remote_demand_active,
            "source_port": self._engine.source_port(session),
            "padded_pdu_size": config.padded_pdu_size,
            "transmit_interval_us": session.transmit_interval,
            "detection_time_us": session.detection_time,
            "required_min_echo_rx_us": v.required_min_echo_rx_interval_us,
            "remote_min_echo_rx_us": v.remote_min_echo_rx_interval_us,
            "echo_interval_us": session.echo_interval if session.echo_active else 0,
            "counters": {
                "transmitted": counters.transmitted,
                "received": counters.received,
                "discarded": counters.discarded,
                "echo_transmitted": counters.echo_transmitted,
                "echo_received": counters.echo_received,
                "transmit_failures": self._engine.transmit_failures(session),
            },
        }


def _in_words(output: Output) -> str:
    match output:
        case StateChanged(old=old, new=new, diag=diag, trigger=trigger, clause=clause):
            return f"{old.label} -> {new.label}, diag {int(diag)}, {trigger} ({clause})"
        case Slowed(factor=1):
            return "congestion is over, intervals are as configured"
        case Slowed(factor=factor):
            return f"congestion, intervals are {factor} times those configured"
        case _:
            return EVENT_NAMES[type(output)]
