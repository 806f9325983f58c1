"""The control socket of `refbfd`: a Unix stream socket, one JSON object a line in each direction.

A request is {"command": ..., ...}; an answer is {"ok": true, ...} or {"ok": false, "error": "..."}. After "watch" the
daemon goes on with one object per change of state. Each connection may carry any number of requests. Must not live
here: what the commands do (`system`).
"""

import asyncio
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, StrictBool, ValidationError

from refimpl.core.constants import Diag
from refimpl.runtime.udp import EngineError
from refimpl.service.auth import AUTH_ALLOWED, SEND_KEY_ALLOWED, AuthModel, KeyId
from refimpl.service.config import (
    DESIRED_MIN_TX_ALLOWED,
    DETECT_MULT_ALLOWED,
    NAME_ALLOWED,
    REQUIRED_MIN_RX_ALLOWED,
    DesiredMinTx,
    DetectMult,
    Duration,
    SessionModel,
    SessionName,
)
from refimpl.service.explain import explain
from refimpl.service.model import Model
from refimpl.service.system import RefusedError, System

_LONGEST_REQUEST_BYTES = 65536
_LONGEST_BACKLOG_BYTES = 1 << 20


class ControlError(Exception):
    """The control socket cannot be had. One line: what, where, why."""


class Named(Model):
    """A request about one session."""

    name: SessionName = Field(description=NAME_ALLOWED)


class Show(Model):
    """A look at one session, or at all."""

    name: SessionName | None = Field(default=None, description=NAME_ALLOWED)


class EchoChange(Model):
    """What to do with Echo packets from now on; what is not given stays."""

    transmit: Duration | None = Field(default=None, description=REQUIRED_MIN_RX_ALLOWED)
    required_min_rx: Duration | None = Field(default=None, description=REQUIRED_MIN_RX_ALLOWED)


class SetParameters(Named):
    """New parameters; what is not given stays."""

    desired_min_tx: DesiredMinTx | None = Field(default=None, description=DESIRED_MIN_TX_ALLOWED)
    required_min_rx: Duration | None = Field(default=None, description=REQUIRED_MIN_RX_ALLOWED)
    detect_mult: DetectMult | None = Field(default=None, description=DETECT_MULT_ALLOWED)
    send_key: KeyId | None = Field(default=None, description=SEND_KEY_ALLOWED)
    echo: EchoChange = Field(default=EchoChange(), description="a mapping with the keys transmit, required_min_rx")


class SetKeys(Named):
    """Other keys, or another one to send with."""

    auth: AuthModel = Field(repr=False, description=AUTH_ALLOWED)


class SetAdmin(Named):
    """Administrative enabling and disabling."""

    state: Literal["up", "down"] = Field(description="up or down")


class SetDemand(Named):
    """Asking for Demand mode, and no longer asking."""

    state: Literal["on", "off"] = Field(description="on or off")


class SetHold(Named):
    """Holding down."""

    state: Literal["on", "off"] = Field(description="on or off")


class ReportPath(Named):
    """The state of a concatenated path, as seen from here: failed towards us ("down"), or away from us."""

    state: Literal["up", "down", "reverse-down"] = Field(description="up, down or reverse-down")


class ReportCongestion(Named):
    """A sign of congestion, or the news that it is over."""

    state: Literal["on", "off"] = Field(description="on or off")


class Remove(Named):
    """The end of a session; with `at_once` it takes no leave."""

    at_once: StrictBool = Field(default=False, description="true or false")


class Watch(Model):
    """From now on, every change of state."""


Answer = dict[str, Any]

_PATH_STATES = {
    "up": Diag.NONE,
    "down": Diag.CONCATENATED_PATH_DOWN,
    "reverse-down": Diag.REVERSE_CONCATENATED_PATH_DOWN,
}


def _add(system: System, request: Any) -> Answer:
    system.add(request)
    return {}


def _set(system: System, request: Any) -> Answer:
    if request.send_key is not None:  # first, because it may be refused
        system.set_send_key(request.name, request.send_key)
    if request.echo != EchoChange():  # so may this
        system.set_echo(
            request.name,
            required_min_echo_rx_us=request.echo.required_min_rx,
            desired_min_echo_tx_us=request.echo.transmit,
        )
    system.set_timers(
        request.name,
        desired_min_tx_us=request.desired_min_tx,
        required_min_rx_us=request.required_min_rx,
        detect_mult=request.detect_mult,
    )
    return {}


def _keys(system: System, request: Any) -> Answer:
    system.set_keys(request.name, request.auth.auth_config())
    return {}


def _admin(system: System, request: Any) -> Answer:
    system.set_admin(request.name, enabled=request.state == "up")
    return {}


def _demand(system: System, request: Any) -> Answer:
    system.set_demand(request.name, enabled=request.state == "on")
    return {}


def _verify(system: System, request: Any) -> Answer:
    system.verify(request.name)
    return {}


def _hold(system: System, request: Any) -> Answer:
    system.hold_down(request.name, held=request.state == "on")
    return {}


def _path(system: System, request: Any) -> Answer:
    system.report_path(request.name, _PATH_STATES[request.state])
    return {}


def _reset_forwarding(system: System, request: Any) -> Answer:
    system.reset_forwarding(request.name)
    return {}


def _congestion(system: System, request: Any) -> Answer:
    system.report_congestion(request.name, congested=request.state == "on")
    return {}


def _remove(system: System, request: Any) -> Answer:
    system.remove(request.name, at_once=request.at_once)
    return {}


def _show(system: System, request: Any) -> Answer:
    return {"sessions": system.show(request.name)}


def _watch(_system: System, _request: Any) -> Answer:
    return {}  # the connection itself subscribes, see `_Connection`


COMMANDS: dict[str, tuple[type[Model], Callable[[System, Any], Answer]]] = {
    "show": (Show, _show),
    "add": (SessionModel, _add),
    "set": (SetParameters, _set),
    "keys": (SetKeys, _keys),
    "admin": (SetAdmin, _admin),
    "demand": (SetDemand, _demand),
    "verify": (Named, _verify),
    "hold": (SetHold, _hold),
    "path": (ReportPath, _path),
    "reset-forwarding": (Named, _reset_forwarding),
    "congestion": (ReportCongestion, _congestion),
    "remove": (Remove, _remove),
    "watch": (Watch, _watch),
}


def answer(system: System, line: bytes) -> tuple[str, Answer]:
    """Obey one request; the command ("" where it is unknown) and the answer to it, a refusal included."""
    try:
        request = json.loads(line)
    except ValueError as error:
        return "", _refusal(f"not a line of JSON: {error}")
    command = request.pop("command", None) if isinstance(request, dict) else None
    if not isinstance(command, str) or command not in COMMANDS:
        return "", _refusal(f"command: {command!r}: allowed is {', '.join(COMMANDS)}")
    model, obey = COMMANDS[command]
    try:
        return command, {"ok": True} | obey(system, model.model_validate(request))
    except ValidationError as error:
        return command, _refusal("; ".join(explain(error, model)))
    except (RefusedError, EngineError) as error:
        return command, _refusal(str(error))


def _refusal(why: str) -> Answer:
    return {"ok": False, "error": why}


class ControlServer:
    """Listens as long as it is open."""

    def __init__(self, system: System, path: Path) -> None:
        self._system = system
        self._path = path
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take the path, with mode 0600. Raises ControlError."""
        listener = _listen(self._path)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=_LONGEST_REQUEST_BYTES)

    async def close(self) -> None:
        """Hang up on everybody and remove the file."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # asyncio runs this as a task
        self._connections.add(task)
        watcher = _watcher(writer)
        try:
            while line := await reader.readline():
                command, reply = answer(self._system, line)
                _write(writer, reply)
                if command == "watch" and reply["ok"]:
                    self._system.watchers.add(watcher)
                await writer.drain()
        except ValueError:
            _write(writer, _refusal(f"a request has at most {_LONGEST_REQUEST_BYTES} bytes"))
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client, or the daemon, is gone
        finally:
            self._system.watchers.discard(watcher)
            self._connections.discard(task)
            writer.close()


def _write(writer: asyncio.StreamWriter, reply: Answer) -> None:
    writer.write(json.dumps(reply).encode() + b"\n")


def _watcher(writer: asyncio.StreamWriter) -> Callable[[dict[str, Any]], None]:
    def tell(change: dict[str, Any]) -> None:
        if writer.transport.get_write_buffer_size() > _LONGEST_BACKLOG_BYTES:
            writer.transport.abort()  # a watcher that does not read must not fill our memory
        else:
            _write(writer, change)

    return tell


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old_mask = os.umask(0o077)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_socket():
            _remove_if_stale(path)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
    except OSError as error:
        listener.close()
        raise ControlError(f"control socket {path}: {error.strerror or error}") from None
    except ControlError:
        listener.close()
        raise
    finally:
        os.umask(old_mask)
    return listener


def _remove_if_stale(path: Path) -> None:
    """A daemon that was killed left its socket behind; one that answers is alive."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise ControlError(f"control socket {path}: another refbfd answers there")
