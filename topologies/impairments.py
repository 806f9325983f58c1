"""What a network does to the packets of one node: nothing, loses them all or some, or delays them. Linux only.

The kernel's rules in the switch's namespace are the only memory, one chain for each port and direction, so that any
process may change them at any time. A cut is silent: links stay up, and nobody is told. Loss needs the command `nft`
(Debian package nftables), delay the command `tc` and the kernel module sch_netem.
"""

import json
from collections.abc import Sequence
from itertools import product

from topologies.blueprint import Blueprint
from topologies.errors import LabError
from topologies.processes import ip_command, run_in
from topologies.steps import Direction

_TABLE = "bridge lab"
_SHARES = 10_000
"""Loss is counted in hundredths of a per cent."""

_HOOK_SIDE = {"to": "oifname", "from": "iifname"}
"""As the switch sees it: what goes out of a port goes to the node."""

_NO_NETEM = "kind is unknown"


def impair(blueprint: Blueprint, network: str, node: str, direction: Direction, loss: float) -> None:
    """Lose `loss` per cent, 0 to 100, of the packets between `node` and `network`, instead of what was lost so far.
    Raises LabError."""
    if not 0 <= loss <= 100:
        raise LabError(f"loss of {loss} %: allowed is 0 to 100")
    ports = blueprint.house(node).interface(network).ports
    lines = [f"add table {_TABLE}"]
    for port, side in product(ports, _sides(direction)):
        chain = f"{_TABLE} {port}-{side}"
        lines.append(f"add chain {chain} {{ type filter hook forward priority 0; policy accept; }}")
        lines.append(f"flush chain {chain}")
        if loss:
            chance = "" if loss == 100 else f"numgen random mod {_SHARES} < {round(loss * _SHARES / 100)} "
            lines.append(f'add rule {chain} {_HOOK_SIDE[side]} "{port}" {chance}counter drop comment "{_words(loss)}"')
    _nft(blueprint, "-f", "-", stdin="\n".join(lines) + "\n")


def delay(blueprint: Blueprint, network: str, node: str, direction: Direction, delay_us: int) -> None:
    """Delay all packets between `node` and `network` by `delay_us` microseconds, 0 for no longer; those from the node
    before a capture at the node sees them. Raises LabError, also where the kernel cannot do it."""
    house = blueprint.house(node)
    interface = house.interface(network)
    ends = {
        "to": [(blueprint.switch, port) for port in interface.ports],
        "from": [(house.namespace, link) for link in interface.links],
    }
    for namespace, device in (end for side in _sides(direction) for end in ends[side]):
        verb = ["replace"] if delay_us else ["del"]
        what = ["netem", "delay", f"{delay_us}us"] if delay_us else []
        done = run_in(namespace, ["tc", "qdisc", *verb, "dev", device, "root", *what])
        if done.returncode != 0 and delay_us:
            if _NO_NETEM in done.stderr:
                raise LabError("delay needs the kernel module sch_netem, which this kernel does not have")
            raise LabError(f"delay at {network}, {node}: {done.stderr.strip()}")


def restore(blueprint: Blueprint, network: str, node: str) -> None:
    """Let all packets between `node` and `network` pass at once. Raises LabError."""
    impair(blueprint, network, node, "both", 0)
    delay(blueprint, network, node, "both", 0)


def set_link(blueprint: Blueprint, network: str, node: str, link: int, *, up: bool) -> None:
    """Pull a link between `node` and `network`, or put it back; `link` is 0, or 0 or 1 of a bond. Both ends see that
    the carrier is gone, where `impair` is silent. Raises LabError."""
    ports = blueprint.house(node).interface(network).ports
    if not 0 <= link < len(ports):
        raise LabError(f"link {link} of {node} to {network}: allowed is 0 to {len(ports) - 1}")
    done = run_in(blueprint.switch, [ip_command(), "link", "set", ports[link], "up" if up else "down"])
    if done.returncode != 0:
        raise LabError(f"link {link} of {node} to {network}: {done.stderr.strip()}")


def troubles(blueprint: Blueprint) -> dict[tuple[str, str, str], str]:
    """What is lost now, in words, by network, node and direction. Raises LabError."""
    done = run_in(blueprint.switch, ["nft", "-j", "list", "ruleset"])
    if done.returncode != 0:
        return {}  # without nft nothing can have been lost
    ports = {
        port: (interface.network, house.node)
        for house in blueprint.houses
        for interface in house.interfaces
        for port in interface.ports
    }
    found = {}
    for item in json.loads(done.stdout)["nftables"]:
        rule = item.get("rule")
        if rule is not None:
            port, _, side = rule["chain"].rpartition("-")
            found[(*ports[port], side)] = rule["comment"]
    return found


def _words(loss: float) -> str:
    return "cut" if loss == 100 else f"loss {loss:g} %"


def _sides(direction: Direction) -> Sequence[str]:
    return ("to", "from") if direction == "both" else (direction,)


def _nft(blueprint: Blueprint, *options: str, stdin: str) -> None:
    done = run_in(blueprint.switch, ["nft", *options], stdin=stdin)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no word"]
        remedy = ": install the Debian package nftables" if "No such file" in lines[0] else ""
        raise LabError(f"nft in {blueprint.switch}: {lines[0]}{remedy}")
