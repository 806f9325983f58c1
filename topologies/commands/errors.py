"""One clear line for whatever goes wrong, and an exit code: 2 for bad input, 3 for what the laboratory could not do,
130 for Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from topologies.errors import LabError
from topologies.node import NodeError
from topologies.topology import TopologyError

EXIT_CODES = """Exit codes: 0 done, 2 bad input, 3 the laboratory could not do it."""


@contextmanager
def reported(verb: str) -> Iterator[None]:
    """Turn the errors of the laboratory into one line and an exit code."""
    try:
        yield
    except (LabError, NodeError) as error:
        click.echo(f"bfdspec lab {verb}: {error}", err=True)
        raise SystemExit(2 if isinstance(error, TopologyError) else 3) from None
    except OSError as error:
        click.echo(f"bfdspec lab {verb}: {error.filename}: {error.strerror}", err=True)
        raise SystemExit(3) from None
    except KeyboardInterrupt:
        click.echo(f"bfdspec lab {verb}: interrupted", err=True)
        raise SystemExit(130) from None


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind the block, as Ctrl-C does, so that it clears up."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
