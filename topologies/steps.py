"""What is done to a laboratory once its sessions are Up, and what is expected of them then: the steps of a topology.

Data only; `topologies.rehearsal` carries them out.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, StringConstraints, model_validator

from topologies.fields import DURATION_ALLOWED, Duration, PositiveDuration, Strict
from topologies.problems import clash

NetworkName = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9]{0,11}$")]
NodeName = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9]{0,15}$")]
Direction = Literal["both", "to", "from"]
"""Of packets at a node's port of a network: `to` the node, `from` it, or both."""

_AT_A_PORT = ("cut", "lose", "delay", "restore", "unplug", "plug")
_AT_A_NODE = ("pause", "resume", "crash", "start", "restart")
_DEEDS = (*_AT_A_PORT, *_AT_A_NODE)
_OF_BGP = ("established", "ended")
_WITHIN_US = 10_000_000


class Step(Strict):
    """Either `do`, a deed at a node or at its port of a network, or `expect`, the state of all sessions, with `network`
    of those of one hop over it: reached `within` a time, or kept `throughout` one, as both ends tell it. BFD sessions
    are up or down. BGP sessions are established, with all prefixes that the other end announces, or ended, which is any
    state but Established."""

    do: (
        Literal["cut", "lose", "delay", "restore", "unplug", "plug", "pause", "resume", "crash", "start", "restart"]
        | None
    ) = Field(default=None, description=", ".join(_DEEDS))
    node: NodeName | None = Field(default=None, description="the name of a node")
    network: NetworkName | None = Field(default=None, description="the name of a network that it is on")
    direction: Direction = Field(default="both", description="both, to or from the node")
    link: Annotated[StrictInt, Field(ge=0, le=1)] = Field(default=0, description="0, or 0 or 1 of a bond")
    loss: Annotated[float, Field(ge=0, le=100, strict=True)] = Field(default=100.0, description="per cent, 0 to 100")
    delay: Duration = Field(default=0, description=DURATION_ALLOWED)
    expect: Literal["up", "down", "established", "ended"] | None = Field(
        default=None, description="up or down of BFD sessions, established or ended of BGP sessions"
    )
    within: PositiveDuration = Field(default=_WITHIN_US, description=DURATION_ALLOWED)
    throughout: PositiveDuration | None = Field(default=None, description=DURATION_ALLOWED)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.do is None) == (self.expect is None):
            raise clash("do and expect: allowed is exactly one of them")
        if self.do is not None and self.node is None:
            raise clash(f"node: {self.do} needs the name of a node")
        if (self.do in _AT_A_PORT) != (self.network is not None) and (self.do is not None or self.about_bgp):
            raise clash(f"network: allowed with {', '.join(_AT_A_PORT)}, which need it, and with up and down")
        return self

    @property
    def about_bgp(self) -> bool:
        """Whether the state of BGP sessions is expected, not of BFD sessions."""
        return self.expect in _OF_BGP

    def words(self) -> str:
        """The step in one line."""
        sessions = "all BGP sessions" if self.about_bgp else "all sessions"
        sessions += f" over {self.network}" if self.network else ""
        if self.expect is not None and self.throughout is not None:
            return f"{sessions} stay {self.expect} for {self.throughout / 1e6:g} s"
        if self.expect is not None:
            return f"{sessions} are {self.expect} within {self.within / 1e6:g} s"
        where = f"{self.node} on {self.network}" if self.network else str(self.node)
        more = {
            "lose": f" {self.loss:g} % {self.direction}",
            "cut": f" {self.direction}",
            "delay": f" {self.delay / 1000:g} ms {self.direction}",
            "unplug": f" link {self.link}",
            "plug": f" link {self.link}",
        }
        return f"{self.do} {where}{more.get(self.do or '', '')}"
