"""A BGP neighbour in bgpd's words, and what bgpd says of one. No I/O."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from topologies.node import BGP_STATES, BgpSpec, BgpView

_CONNECT_RETRY_S = 2


def neighbour_lines(spec: BgpSpec, profile: str) -> list[str]:
    """Commands that create the neighbour. `profile` is that of the BFD session which advises it, "" for no BFD."""
    peer, family = f"neighbor {spec.peer}", f"ipv{ip_address(spec.peer).version}"
    advised = [f"{peer} bfd", f"{peer} bfd profile {profile}"] if profile else []
    return [
        "configure terminal",
        f"router bgp {spec.local_as}",
        f"bgp router-id {spec.router_id}",
        "no bgp ebgp-requires-policy",  # nor will there be routes
        f"{peer} remote-as {spec.peer_as}",
        f"{peer} timers {spec.hold_s // 3} {spec.hold_s}",
        f"{peer} timers connect {_CONNECT_RETRY_S}",
        *advised,
        f"address-family {family} unicast",
        f"{peer} activate",
        "end",
    ]


def bgp_view(spec: BgpSpec, raw: Mapping[str, Any]) -> BgpView:
    """Read the object of `show bgp neighbors ... json`. A state of an unknown name is unknown."""
    told = raw.get(spec.peer, {})
    state = str(told.get("bgpState", "")).lower()
    return BgpView(state=state if state in BGP_STATES else "unknown", raw=told)
