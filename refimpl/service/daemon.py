"""`refbfd`, the speaker as a daemon in the foreground: options, signals, exit status.

Must not live here: sessions (`system`), the control protocol (`control`), the file format (`config`).
"""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

import click

from refimpl import __version__
from refimpl.runtime.loop import new_event_loop
from refimpl.runtime.udp import EngineError
from refimpl.service import logs
from refimpl.service.config import Config, ConfigError, load_config
from refimpl.service.control import ControlError, ControlServer
from refimpl.service.system import RefusedError, System

DEFAULT_CONTROL = Path("/run/refbfd/control.sock")

EXIT_CONFIGURATION = 2
EXIT_CANNOT_START = 3


@click.command(context_settings={"max_content_width": 100})
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="YAML file of sessions.")
@click.option(
    "--control",
    "control_socket",
    type=click.Path(path_type=Path),
    default=DEFAULT_CONTROL,
    show_default=True,
    help="Unix socket for refbfdctl.",
)
@click.option("--log-format", type=click.Choice(sorted(logs.FORMATTERS)), help="Instead of the file's log.format.")
@click.option("--check", is_flag=True, help="Validate the file and exit.")
@click.version_option(__version__, prog_name="refbfd")
def main(config_file: Path, control_socket: Path, log_format: str | None, check: bool) -> None:
    """A BFD speaker (RFC 5880, 5881, 5883) in the foreground; it logs to standard error.

    SIGTERM or SIGINT brings every session to AdminDown, tells the peers, and ends; a second one ends at once.

    \b
    Exit status:
      0  ended by a signal, or --check found nothing wrong
      2  wrong usage or configuration
      3  cannot start: port, address, interface, permission or control socket
    """
    try:
        config = load_config(config_file)
    except ConfigError as error:
        _exit(EXIT_CONFIGURATION, str(error))
    if check:
        return
    logs.set_up(config.log.level, log_format or config.log.format)
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(run(config, control_socket))
    except (EngineError, RefusedError, ControlError) as error:
        _exit(EXIT_CANNOT_START, f"refbfd: {error}")


async def run(config: Config, control_socket: Path) -> None:
    """Serve until a signal comes. Raises EngineError and ControlError where that cannot begin."""
    stop, stop_at_once = _signals()
    system = System()
    control = ControlServer(system, control_socket)
    try:
        for session in config.sessions:
            system.add(session)
        await control.start()
        logs.LOGGER.info("refbfd %s serves %s", __version__, control_socket)
        await stop.wait()
        logs.LOGGER.info("shutting down")
        # The file goes first: who finds it may rely on a daemon that obeys.
        await control.close()
        await _first(system.shut_down(config.shutdown_linger), stop_at_once)
    finally:
        await control.close()
        system.close()


def _signals() -> tuple[asyncio.Event, asyncio.Event]:
    """Events for the first and the second signal to end."""
    first, second = asyncio.Event(), asyncio.Event()

    def on_signal() -> None:
        (second if first.is_set() else first).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    return first, second


async def _first(work: Coroutine[Any, Any, None], interruption: asyncio.Event) -> None:
    """Until `work` is done or `interruption` comes."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(interruption.wait())]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()


def _exit(status: int, problem: str) -> NoReturn:
    click.echo(problem, err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
