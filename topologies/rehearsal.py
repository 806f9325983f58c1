"""A topology from `up` to `down` in one go, with its steps in between: for scripts, and for virtual machines."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from topologies.errors import LabError
from topologies.laboratory import BgpStatus, Laboratory, SessionStatus
from topologies.node import NodeError
from topologies.steps import Step

RESULT = "rehearsal.json"

_BETWEEN_LOOKS_S = 0.1
_KEPT = ("*.pcapng", "*.log", "*/*.log")
"""What of the laboratory's folder is worth keeping: nothing with keys in it."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step, how long after the beginning it was over, and what was wrong, "" for nothing."""

    step: str
    at_s: float
    trouble: str = ""


def rehearse(laboratory: Laboratory, steps: tuple[Step, ...], out: Path, say: Callable[[Done], None]) -> list[Done]:
    """Bring up, carry out `steps` until one fails, keep captures, logs and RESULT in the folder `out`, take down.

    `say` is told each step as it is over. Raises LabError where the laboratory does not come up, and OSError where
    `out` cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    done: list[Done] = []

    def over(step: str, trouble: str = "") -> None:
        done.append(Done(step, round(time.monotonic() - begun, 2), trouble))
        say(done[-1])

    try:
        laboratory.up()
        over("the sessions are up")
        for step in steps:
            trouble = _carry_out(laboratory, step)
            over(step.words(), trouble)
            if trouble:
                break
    finally:
        laboratory.end_captures()
        _keep(laboratory.folder, out)
        laboratory.down()
    result = {"topology": laboratory.blueprint.topology, "driver": laboratory.driver, "steps": list(map(asdict, done))}
    (out / RESULT).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return done


def _carry_out(laboratory: Laboratory, step: Step) -> str:
    """What was wrong, "" for nothing."""
    try:
        if step.expect is None:
            _do(laboratory, step)
            return ""
        if step.throughout is not None:
            return _stays(laboratory, step, step.throughout / 1e6)
        return _becomes(laboratory, step, step.within / 1e6)
    except (LabError, NodeError) as error:
        return str(error)


def _do(laboratory: Laboratory, step: Step) -> None:
    node, network = step.node or "", step.network or ""
    deeds: dict[str, Callable[[], None]] = {
        "cut": lambda: laboratory.cut(network, node, step.direction),
        "lose": lambda: laboratory.lose(network, node, step.loss, step.direction),
        "delay": lambda: laboratory.delay(network, node, step.delay, step.direction),
        "restore": lambda: laboratory.restore(network, node),
        "unplug": lambda: laboratory.unplug(network, node, step.link),
        "plug": lambda: laboratory.plug(network, node, step.link),
        "pause": lambda: laboratory.pause(node),
        "resume": lambda: laboratory.resume(node),
        "crash": lambda: laboratory.crash(node),
        "start": lambda: laboratory.start(node),
        "restart": lambda: laboratory.restart(node),
    }
    deeds[step.do or ""]()


def _becomes(laboratory: Laboratory, step: Step, within_s: float) -> str:
    deadline = time.monotonic() + within_s
    while others := _otherwise(laboratory, step):
        if time.monotonic() > deadline:
            return "; ".join(others)
        time.sleep(_BETWEEN_LOOKS_S)
    return ""


def _stays(laboratory: Laboratory, step: Step, for_s: float) -> str:
    deadline = time.monotonic() + for_s
    while time.monotonic() < deadline:
        if others := _otherwise(laboratory, step):
            return "; ".join(others)
        time.sleep(_BETWEEN_LOOKS_S)
    return ""


def _otherwise(laboratory: Laboratory, step: Step) -> list[str]:
    """The sessions that are not as the step expects, in words."""
    if step.about_bgp:
        return [_bgp_words(each) for each in laboratory.bgp_status() if _bgp_state(each) != step.expect]
    sessions = (each for each in laboratory.status() if step.network in (None, each.session.spec.interface))
    return [_words(each) for each in sessions if _state(each) != step.expect]


def _state(status: SessionStatus) -> str:
    return "up" if status.view.state == "up" else "down" if not status.trouble else "unknown"


def _words(status: SessionStatus) -> str:
    return f"{status.session.spec.name} at {status.node}: {status.trouble or status.view.state}"


def _bgp_state(status: BgpStatus) -> str:
    if status.view.state == "established":
        return "established" if status.complete else "incomplete"
    return "ended" if not status.trouble else "unknown"


def _bgp_words(status: BgpStatus) -> str:
    return f"BGP {status.bgp.spec.name} at {status.node}: {status.words()}"


def _keep(folder: Path, out: Path) -> None:
    for pattern in _KEPT:
        for file in folder.glob(pattern):
            shutil.copyfile(file, out / "-".join(file.relative_to(folder).parts))
