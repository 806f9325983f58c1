"""`bfdspec lab list|up|down|status|gc`: which laboratories there are, from their first to their last moment."""

import time
from typing import TYPE_CHECKING

import click
from rich import box
from rich.console import Console
from rich.table import Table

from topologies import journal
from topologies.commands.errors import ended_by_sigterm, reported
from topologies.launch import DRIVERS
from topologies.nodes import RELEASES
from topologies.topology import find_topology, stacks
from topologies.trees import tree

# The laboratory talks netlink, which is there on Linux only and takes time to load: it is imported where it is needed.
if TYPE_CHECKING:
    from topologies.laboratory import Laboratory

_STYLES = {"up": "green", "down": "red", "unknown": "magenta"}


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


@click.command("list")
def list_() -> None:
    """Topologies that can be brought up, and laboratories that exist."""
    with reported("list"):
        there = _table("topology", "nodes", "description")
        for name in stacks():
            topology = find_topology(name)
            runs = dict.fromkeys(node.runs for node in topology.nodes.values())
            found = {kind: RELEASES[kind] for kind in runs if kind in RELEASES}
            bgp = bool(topology.bgp)
            missing = [kind for kind, each in found.items() if each.missing(tree(each), bgp=bgp)]
            remark = f" (not installed: {', '.join(missing)})" if missing else ""
            there.add_row(name, ", ".join(runs), topology.description + remark)
        console = Console()
        console.print(there)
        entries = journal.entries(journal.runtime_folder())
        if entries:
            console.print()
            standing = _table("laboratory", "topology", "driver", "state")
            for entry in entries:
                standing.add_row(entry.run_id, entry.topology or "(a test run)", entry.driver, _state(entry))
            console.print(standing)


def _state(entry: journal.Entry) -> str:
    if entry.standing:
        return "up"
    return f"of process {entry.owner}" if entry.owner_lives() else "abandoned: bfdspec lab gc"


@click.command()
@click.argument("topology")
@click.option("--run-id", default="", help="What the laboratory is called; default: the topology's name.")
@click.option("--driver", type=click.Choice(DRIVERS), default=DRIVERS[0], show_default=True)
@click.option("--no-wait", is_flag=True, help="Do not wait until the sessions are Up.")
def up(topology: str, run_id: str, driver: str, no_wait: bool) -> None:
    """Bring up TOPOLOGY, one of `bfdspec lab list` or a file *.yaml, and leave it up.

    Exit codes: 0 it is up, 2 bad input, 3 it did not come up: nothing is left of it.
    """
    with reported("up"), ended_by_sigterm():
        found = find_topology(topology)
        from topologies.laboratory import READY_S, Laboratory  # noqa: PLC0415

        begun = time.monotonic()
        laboratory = Laboratory(found, run_id, driver=driver)
        laboratory.up(ready_s=None if no_wait else READY_S)
        took = time.monotonic() - begun
        try:
            laboratory.leave_standing()
        except BaseException:
            laboratory.down()
            raise
        console = Console()
        show(laboratory, console)
        name = laboratory.blueprint.run_id
        what = "started" if no_wait or not found.sessions else "Up"
        console.print(f"{name} is {what} after {took:.1f} s; take it down with: bfdspec lab down {name}", style="bold")


@click.command()
@click.argument("name")
def down(name: str) -> None:
    """Take down the laboratory NAME, and leave nothing behind.

    Exit codes: 0 it is down, 3 there is none of this name, or something cannot be removed.
    """
    with reported("down"):
        from topologies.laboratory import Laboratory  # noqa: PLC0415

        Laboratory.attach(name).down()


@click.command()
@click.argument("name")
def status(name: str) -> None:
    """The nodes, addresses and sessions of the laboratory NAME, and what is wrong with its networks.

    Exit codes: 0 all sessions are as expected, 1 some are not, 3 the laboratory cannot be asked.
    """
    with reported("status"):
        from topologies.laboratory import Laboratory  # noqa: PLC0415

        if not show(Laboratory.attach(name), Console()):
            raise SystemExit(1)


@click.command()
def gc() -> None:
    """Clear away the laboratories whose owner died without doing so.

    Exit codes: 0 all is clear, 3 something cannot be removed.
    """
    with reported("gc"):
        from topologies.reservation import collect_garbage  # noqa: PLC0415

        for run_id in collect_garbage():
            click.echo(f"cleared {run_id}")


def show(laboratory: "Laboratory", console: Console) -> bool:
    """Print what there is, and say whether all sessions are as expected."""
    plan = laboratory.blueprint
    nodes = _table("node", "runs", "network", "addresses")
    for node in plan.nodes:
        lines = [(node.name, node.runs)]
        for interface in plan.house(node.name).interfaces:
            addresses = " ".join(address for address in (interface.ipv4, interface.ipv6) if address)
            nodes.add_row(*(lines.pop() if lines else ("", "")), interface.network, addresses)
    console.print(nodes)
    views = laboratory.status()
    if views:
        console.print()
        sessions = _table("session", "kind", "node", "to", "state")
        for each in views:
            spec, state = each.session.spec, each.view.state
            words = each.trouble or state + (f" (diag {each.view.diag})" if each.view.diag else "")
            sessions.add_row(
                spec.name,
                spec.kind.replace("_", " "),
                each.node,
                spec.peer,
                f"[{_STYLES.get(state, '')}]{words}[/]" if state in _STYLES else words,
            )
        console.print(sessions)
    neighbours = laboratory.bgp_status()
    if neighbours:
        console.print()
        relations = _table("BGP", "node", "AS", "to", "AS", "state")
        for told in neighbours:
            bgp = told.bgp.spec
            style = "green" if told.complete else "magenta" if told.trouble else "red"
            state = f"[{style}]{told.words()}[/]"
            relations.add_row(bgp.name, told.node, str(bgp.local_as), bgp.peer, str(bgp.peer_as), state)
        console.print(relations)
    for (network, name, side), words in laboratory.troubles().items():
        console.print(f"{network}: packets {side} {name}: {words}", style="yellow", highlight=False)
    console.print()
    up = all(each.view.state == "up" for each in views if each.session.expect == "up")
    return up and all(each.complete for each in neighbours)
