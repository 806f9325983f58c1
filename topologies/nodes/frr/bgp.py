"""A BGP neighbour in bgpd's words, and what bgpd says of one. No I/O."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from topologies.node import BGP_STATES, BgpSpec, BgpView

_CONNECT_RETRY_S = 2


def neighbour_lines(spec: BgpSpec, profile: str) -> list[str]:
    """Commands that create the neighbour. `profile` is that of the BFD session which advises it, "" for no BFD."""
    peer = f"neighbor {spec.peer}"
    advised = [f"{peer} bfd", f"{peer} bfd profile {profile}"] if profile else []
    return [
        "configure terminal",
        f"router bgp {spec.local_as}",
        f"bgp router-id {spec.router_id}",
        "no bgp ebgp-requires-policy",
        "no bgp network import-check",  # what is announced lies nowhere
        f"{peer} remote-as {spec.peer_as}",
        f"{peer} timers {spec.hold_s // 3} {spec.hold_s}",
        f"{peer} timers connect {_CONNECT_RETRY_S}",
        *advised,
        f"address-family {_family(spec)} unicast",
        *(f"network {prefix}" for prefix in spec.announces),
        f"{peer} activate",
        "end",
    ]


def routes_command(spec: BgpSpec) -> str:
    """The command that shows what has come from the neighbour."""
    return f"show bgp {_family(spec)} unicast neighbors {spec.peer} routes json"


def bgp_view(spec: BgpSpec, raw: Mapping[str, Any], learnt: Mapping[str, Any]) -> BgpView:
    """Read the objects of `show bgp neighbors ... json` and of `routes_command`. A state of an unknown name is
    unknown."""
    told = raw.get(spec.peer, {})
    state = str(told.get("bgpState", "")).lower()
    routes = tuple(learnt.get("routes", {}))
    return BgpView(state=state if state in BGP_STATES else "unknown", routes=routes, raw=told)


def _family(spec: BgpSpec) -> str:
    return f"ipv{ip_address(spec.peer).version}"
