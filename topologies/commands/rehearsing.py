"""`bfdspec lab run`: a topology with its steps, here or in a virtual machine, and what was recorded of it."""

import json
import sys
from pathlib import Path

import click
from rich.console import Console

from topologies.commands.errors import ended_by_sigterm, reported
from topologies.launch import DRIVERS
from topologies.topology import find_topology
from topologies.vm import LOG, run_in_vm

_VM = "vm"


@click.command("run")
@click.argument("topology")
@click.option("--driver", type=click.Choice([*DRIVERS, _VM]), default=DRIVERS[0], show_default=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for captures, logs and the result.  [default: out/lab-TOPOLOGY]",
)
@click.option(
    "--kernel",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Kernel of the virtual machine.  [default: the newest below /boot]",
)
def run(topology: str, driver: str, out: Path | None, kernel: Path | None) -> None:
    """Bring up TOPOLOGY, carry out its steps, keep what was recorded, take it down.

    The driver vm does all of it in a virtual machine, whose kernel has what this one may lack: bonds, and delay.

    Exit codes: 0 all steps went as expected, 1 one did not, 2 bad input, 3 it did not come up, 130 interrupted.
    """
    with reported("run"), ended_by_sigterm():
        found = find_topology(topology)
        out = out or Path("out") / f"lab-{found.name}"
        from topologies.rehearsal import RESULT, Done, rehearse  # noqa: PLC0415 - netlink is there on Linux only

        console = Console(highlight=False)

        def say(done: Done) -> None:
            verdict = f"[red]✗ {done.trouble}[/]" if done.trouble else "[green]✓[/]"
            console.print(f"{done.at_s:7.2f} s  {done.step} {verdict}")

        if driver == _VM:
            (out / RESULT).unlink(missing_ok=True)
            out.mkdir(parents=True, exist_ok=True)
            inside = [sys.executable, "-m", "topologies", "run", topology, "--out", str(out.resolve())]
            with console.status("in the virtual machine: booting takes some 20 s without KVM"):
                code = run_in_vm(inside, out, kernel=kernel)
            if not (out / RESULT).exists():
                raise click.ClickException(_last_words(out / LOG, code))
            steps = [Done(**each) for each in json.loads((out / RESULT).read_text(encoding="utf-8"))["steps"]]
            for step in steps:
                say(step)
        else:
            from topologies.laboratory import Laboratory  # noqa: PLC0415

            steps = rehearse(Laboratory(found, driver=driver), found.steps, out, say)
        console.print(f"captures and logs: {out}")
        if any(step.trouble for step in steps):
            raise SystemExit(1)


def _last_words(log: Path, code: int) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    return f"in the virtual machine (exit code {code}): {lines[-1] if lines else 'nothing was said'}; see {log}"
