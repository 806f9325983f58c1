"""What happens on the stage. A story tells it for whoever plays the speaker; the peer does as the RFCs say.

Times are chosen so that a bystander can be sure: most rules are certain to be broken only after a Detection Time and a
second, because a packet in a capture may still have been lost.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bfdspec.golden.stage import Stage, session
from topologies.node import AuthSpec, Key, NodeError

Story = Callable[[Stage], None]

PASSWORD = b"golden"
KEY_ID = 7


def _calm(stage: Stage, *, seconds: float = 5, speaker: Mapping[str, Any] | None = None, **both: Any) -> None:
    """A session comes up, and nothing else happens. The peer begins."""
    stage.add("peer", session("peer", **both))
    stage.elapse(1.2)
    stage.add("speaker", session("speaker", **both, **(speaker or {})))
    stage.elapse(seconds)


def _auth(auth_type: int) -> AuthSpec:
    return AuthSpec(auth_type, (Key(KEY_ID, PASSWORD),), KEY_ID)


def _two_neighbours(stage: Stage, **both: Any) -> None:
    """The speaker has a session with each of two neighbours."""
    for beside in (0, 1):
        stage.add("peer", session("peer", f"s{beside}", beside=beside, **both))
        stage.add("speaker", session("speaker", f"s{beside}", beside=beside, **both))
    stage.elapse(5)


def _twice(stage: Stage) -> None:
    """The speaker is asked for the same session twice, on behalf of two clients."""
    stage.add("peer", session("peer"))
    stage.add("speaker", session("speaker"))
    stage.elapse(3)
    try:
        stage.add("speaker", session("speaker", "again"))
    except NodeError:
        stage.speaker.share_session(session("speaker"), "again")
    stage.elapse(3)


def _admin_down(stage: Stage) -> None:
    """The peer is taken out of service, for longer than any packet can be late."""
    peer = stage.add("peer", session("peer"))
    stage.add("speaker", session("speaker"))
    stage.elapse(4)
    stage.peer.set_admin(peer, enabled=False)
    stage.elapse(6)
    stage.peer.set_admin(peer, enabled=True)
    stage.elapse(4)


def _mute(stage: Stage) -> None:
    """What the speaker sends is lost for little more than a Detection Time: the peer notices, and says Down."""
    stage.add("peer", session("peer"))
    stage.add("speaker", session("speaker"))
    stage.elapse(4)
    stage.cut("speaker")
    stage.elapse(1.3)
    stage.mend("speaker")
    stage.elapse(7)


def _cut(stage: Stage) -> None:
    """The link fails in both directions, and comes back."""
    stage.add("peer", session("peer"))
    stage.add("speaker", session("speaker"))
    stage.elapse(4)
    stage.cut("speaker", "peer")
    stage.elapse(6)
    stage.mend("speaker", "peer")
    stage.elapse(4)


def _slow_to_notice(stage: Stage) -> None:
    """The link fails, just after the speaker has answered a Poll. The peer announces so great a Detect Mult that the
    Detection Time is many times as long as a packet may be on its way."""
    peer = stage.add("peer", session("peer", detect_mult=60))
    stage.add("speaker", session("speaker"))
    stage.elapse(3)
    stage.peer.set_timers(peer, required_min_rx_us=400_000)
    stage.elapse(0.3)
    stage.cut("speaker", "peer")
    stage.elapse(20)


def _missed(stage: Stage) -> None:
    """The speaker hears nothing for a while, and what it says about that is lost: back again, it is Down and hears Up.
    It announces so great a Detect Mult that the peer is patient."""
    stage.add("peer", session("peer"))
    stage.add("speaker", session("speaker", detect_mult=10))
    stage.elapse(4)
    stage.cut("peer")
    stage.elapse(0.5)
    stage.cut("speaker")
    stage.elapse(1)
    stage.mend("peer")
    stage.elapse(0.8)
    stage.mend("speaker")
    stage.elapse(4)


def _init_hears_down(stage: Stage) -> None:
    """What the speaker sends is lost at first: it is Init, and hears Down, and later Up."""
    stage.cut("speaker")
    stage.add("speaker", session("speaker"))
    stage.elapse(1.5)
    stage.add("peer", session("peer"))
    stage.elapse(3)
    stage.mend("speaker")
    stage.elapse(9)


def _init_hears_nothing(stage: Stage) -> None:
    """The link fails when the speaker is Init."""
    stage.cut("speaker")
    stage.add("peer", session("peer"))
    stage.add("speaker", session("speaker"))
    stage.elapse(1)
    stage.cut("peer")
    stage.elapse(9)


def _init_hears_admin_down(stage: Stage) -> None:
    """What the speaker sends is lost at first: it is Init when the peer is taken out of service."""
    stage.cut("speaker")
    peer = stage.add("peer", session("peer"))
    stage.add("speaker", session("speaker"))
    stage.elapse(0.5)
    stage.peer.set_admin(peer, enabled=False)
    stage.mend("speaker")
    stage.elapse(9)


def _init_hears_init(stage: Stage) -> None:
    """What the speaker says takes long to arrive, and what it says after its first packets is lost: it is Init, and
    hears Init."""
    stage.delay("speaker", 1.5)
    stage.add("speaker", session("speaker", detect_mult=10))
    stage.elapse(0.9)
    stage.cut("speaker")
    stage.add("peer", session("peer"))
    stage.elapse(8)
    stage.mend("speaker")
    stage.elapse(3)


def _down_hears_init(stage: Stage, **speaker: Any) -> None:
    """What the peer sends is lost at first: the speaker hears Init before it has heard Down."""
    stage.cut("peer")
    stage.add("speaker", session("speaker", **speaker))
    stage.add("peer", session("peer"))
    stage.elapse(2.5)
    stage.mend("peer")
    stage.elapse(4)


def _restart(stage: Stage) -> None:
    """The peer's process ends and begins anew, with another discriminator."""
    peer = stage.add("peer", session("peer"))
    stage.add("speaker", session("speaker"))
    stage.elapse(4)
    stage.remove("peer", peer)
    stage.elapse(0.3)
    stage.add("peer", session("peer"))
    stage.elapse(5)


def _slower(stage: Stage) -> None:
    """The speaker is told to send and to listen less often, and later as often as before."""
    stage.add("peer", session("peer"))
    speaker = stage.add("speaker", session("speaker"))
    stage.elapse(4)
    stage.speaker.set_timers(speaker, desired_min_tx_us=600_000, required_min_rx_us=600_000)
    stage.elapse(6)
    stage.speaker.set_timers(speaker, desired_min_tx_us=300_000, required_min_rx_us=300_000)
    stage.elapse(5)


def _faster(stage: Stage, *, auth: AuthSpec | None = None, **changes: int) -> None:
    """The speaker is told to send or to listen more often."""
    stage.add("peer", session("peer", auth=auth, desired_min_tx_us=200_000, required_min_rx_us=200_000))
    speaker = stage.add("speaker", session("speaker", auth=auth))
    stage.elapse(4)
    stage.speaker.set_timers(speaker, **changes)
    stage.elapse(5)


def _sends_otherwise(stage: Stage, *, before_us: int, after_us: int) -> None:
    """The speaker is told to send at another interval, and both have time to show at which they do. It announces so
    great a Detect Mult that the peer is patient."""
    stage.add("peer", session("peer", required_min_rx_us=200_000))
    speaker = stage.add("speaker", session("speaker", desired_min_tx_us=before_us, detect_mult=10))
    stage.elapse(9)
    stage.speaker.set_timers(speaker, desired_min_tx_us=after_us)
    stage.elapse(14)


def _peer_listens(stage: Stage, *, before_us: int, after_us: int) -> None:
    """The peer asks for another interval, and gives the speaker time to show whether it minds."""
    peer = stage.add("peer", session("peer", required_min_rx_us=before_us))
    stage.add("speaker", session("speaker"))
    stage.elapse(10)
    stage.peer.set_timers(peer, required_min_rx_us=after_us)
    stage.elapse(18)


def _wants_none(stage: Stage) -> None:
    """The peer asks for no packets any more."""
    peer = stage.add("peer", session("peer"))
    stage.add("speaker", session("speaker"))
    stage.elapse(4)
    stage.peer.set_timers(peer, required_min_rx_us=0)
    stage.elapse(8)


def _demand(stage: Stage) -> None:
    """The speaker asks for Demand mode; after that the link fails."""
    stage.add("peer", session("peer"))
    speaker = stage.add("speaker", session("speaker", demand=True))
    stage.elapse(5)
    stage.speaker.verify(speaker)
    stage.elapse(2)
    stage.cut("peer", "speaker")
    stage.speaker.verify(speaker)
    stage.elapse(4)
    stage.mend("peer", "speaker")
    stage.elapse(4)


def _demand_of_peer(stage: Stage) -> None:
    """The peer asks for Demand mode, for a while."""
    stage.add("speaker", session("speaker"))
    peer = stage.add("peer", session("peer"))
    stage.elapse(4)
    stage.peer.set_demand(peer, enabled=True)
    stage.elapse(10)
    stage.peer.set_demand(peer, enabled=False)
    stage.elapse(3)


def _demand_later(stage: Stage, *, seconds: float = 0) -> None:
    """The speaker asks for Demand mode when it is Up, and after some seconds does not."""
    stage.add("peer", session("peer"))
    speaker = stage.add("speaker", session("speaker"))
    stage.elapse(4)
    stage.speaker.set_demand(speaker, enabled=True)
    stage.elapse(5)
    if seconds:
        stage.speaker.set_demand(speaker, enabled=False)
        stage.elapse(seconds)


STORIES: Mapping[str, Story] = {
    "calm": _calm,
    "calm-ipv6": partial(_calm, family=6),
    "multihop": partial(_calm, kind="multi_hop"),
    "long": partial(_calm, seconds=14),
    "long-detect-mult-1": partial(_calm, seconds=14, detect_mult=1),
    "passive": partial(_calm, speaker={"passive": True}),
    "auth-simple": partial(_calm, auth=_auth(1)),
    "auth-md5": partial(_calm, auth=_auth(2)),
    "auth-md5-meticulous": partial(_calm, auth=_auth(3)),
    "auth-sha1": partial(_calm, auth=_auth(4)),
    "auth-sha1-meticulous-ipv6": partial(_calm, auth=_auth(5), family=6),
    "two-neighbours": _two_neighbours,
    "two-neighbours-multihop": partial(_two_neighbours, kind="multi_hop"),
    "twice": _twice,
    "admin-down": _admin_down,
    "mute": _mute,
    "cut": _cut,
    "slow-to-notice": _slow_to_notice,
    "missed": _missed,
    "init-hears-down": _init_hears_down,
    "init-hears-nothing": _init_hears_nothing,
    "init-hears-admin-down": _init_hears_admin_down,
    "init-hears-init": _init_hears_init,
    "down-hears-init": _down_hears_init,
    "down-hears-init-demand": partial(_down_hears_init, demand=True),
    "restart": _restart,
    "slower": _slower,
    "sends-faster": partial(_faster, desired_min_tx_us=200_000),
    "sends-faster-md5": partial(_faster, auth=_auth(2), desired_min_tx_us=200_000),
    "sends-faster-sha1": partial(_faster, auth=_auth(4), desired_min_tx_us=200_000),
    "listens-faster": partial(_faster, required_min_rx_us=200_000),
    "sends-faster-for-long": partial(_sends_otherwise, before_us=600_000, after_us=200_000),
    "sends-slower-for-long": partial(_sends_otherwise, before_us=200_000, after_us=600_000),
    "peer-listens-faster": partial(_peer_listens, before_us=600_000, after_us=200_000),
    "peer-listens-slower": partial(_peer_listens, before_us=300_000, after_us=900_000),
    "wants-none": _wants_none,
    "demand": _demand,
    "demand-of-peer": _demand_of_peer,
    "demand-later": _demand_later,
    "demand-by-turns": partial(_demand_later, seconds=5),
}
