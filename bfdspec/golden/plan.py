"""Which captures there are that the project makes itself: who plays the speaker in which story.

A new check gets a line in `PLANTED` (or one in `NOT_PLANTED` that says why not), then `python -m bfdspec.golden`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bfdspec.golden import speakers
from conformance.deviants.collection import collect
from conformance.deviants.deviant import Deviant


@dataclass(frozen=True, slots=True)
class Planted:
    """A speaker that breaks requirement `check` in a story. `who` is the deviant's name. `deviates` is the requirement
    that the suite has the deviant for, where that is another one. `peer` has a name in `PEERS`."""

    check: str
    who: str
    story: str
    peer: str = ""
    deviates: str = ""

    @property
    def file(self) -> str:
        """The capture, below captures/golden."""
        rfc, rest = self.check.split("-", 1)
        return f"rfc{rfc}/{rest}-{self.who.lower().replace('%', 'percent').replace(' ', '-')}.pcapng".replace("'", "")

    def deviant(self) -> Deviant:
        """The speaker. Raises KeyError where nobody of this name breaks the requirement."""
        return _known()[self.deviates or self.check, self.who]


PEERS: Mapping[str, Deviant] = {
    "": speakers.NEIGHBOURS,
    "whose Finals are lost": speakers.FINALS_LOST,
    "is hard to hear": speakers.hard_to_hear(after=20),
    "takes another discriminator": speakers.changing_discriminator(after=8),
}
"""All of them do as the RFCs say; what they send may be lost."""

PLANTED = (
    Planted("5880-4.1-r04", "a silent neighbor is said to have signaled Down", "cut"),
    Planted("5880-4.1-r05", "unassigned diagnostic", "calm"),
    Planted("5880-4.1-r09", "Desired Min TX zero while Down", "calm"),
    Planted("5880-4.1-r14", "Auth Type 0", "auth-sha1"),
    Planted("5880-4.3-r05", "Reserved 1 and signed", "auth-md5"),
    Planted("5880-4.4-r04", "Reserved 1 and signed", "auth-sha1"),
    Planted("5880-6.3-r02", "one discriminator for all sessions", "two-neighbours"),
    Planted("5880-6.5-r02", "gives up after three Polls", "calm", peer="whose Finals are lost"),
    Planted("5880-6.5-r03", "Polls without end", "long"),
    Planted("5880-6.5-r04", "P stays set in a Final", "calm"),
    Planted("5880-6.5-r05", "P on every other packet", "sends-slower-for-long", peer="is hard to hear"),
    Planted("5880-6.6-r09", "D set without a Poll", "demand-later"),
    Planted("5880-6.7.2-r02", "another password in Finals", "auth-simple"),
    Planted("5880-6.7.2-r05", "Auth Len 20", "auth-simple"),
    Planted("5880-6.7.3-r04", "Auth Len 23", "auth-md5"),
    Planted("5880-6.7.3-r13", "digest made before F is set", "auth-md5-meticulous"),
    Planted("5880-6.7.3-r14", "the key itself", "auth-md5"),
    Planted("5880-6.7.3-r16", "number never moves on", "auth-md5"),
    Planted("5880-6.7.3-r17", "number moves on with the state alone", "sends-faster-md5"),
    Planted("5880-6.7.3-r18", "number never moves on", "auth-md5-meticulous", deviates="5880-6.7.3-r16"),
    Planted("5880-6.7.4-r04", "Auth Len 24", "auth-sha1"),
    Planted("5880-6.7.4-r13", "hash made before F is set", "auth-sha1"),
    Planted("5880-6.7.4-r14", "the key itself", "auth-sha1-meticulous-ipv6"),
    Planted("5880-6.7.4-r16", "number never moves on", "auth-sha1"),
    Planted("5880-6.7.4-r17", "number moves on with the state alone", "sends-faster-sha1"),
    Planted("5880-6.7.4-r18", "number never moves on", "auth-sha1-meticulous-ipv6", deviates="5880-6.7.4-r16"),
    Planted("5880-6.8.1-r08", "local discriminator zero", "calm"),
    Planted("5880-6.8.1-r12", "far end never forgotten", "cut"),
    Planted("5880-6.8.1-r18", "Detect Mult zero while Down", "calm"),
    Planted("5880-6.8.3-r03", "new Desired Min TX without a Poll", "sends-faster"),
    Planted("5880-6.8.3-r04", "new Required Min RX without a Poll", "listens-faster"),
    Planted("5880-6.8.3-r06", "raised interval in force at once", "sends-slower-for-long", peer="is hard to hear"),
    Planted("5880-6.8.3-r08", "fast while Down", "calm"),
    Planted("5880-6.8.3-r09", "rate negotiated once", "peer-listens-faster", deviates="5880-6.8.2-r01"),
    Planted("5880-6.8.3-r12", "lowered interval waits for the Final", "sends-faster-for-long", peer="is hard to hear"),
    Planted("5880-6.8.3-r13", "far end's wish learned once", "peer-listens-slower"),
    Planted("5880-6.8.4-r04", "Detection Time of a minute", "cut"),
    Planted("5880-6.8.4-r05", "Init never expires", "init-hears-nothing"),
    Planted("5880-6.8.4-r06", "expires late without diagnostic", "cut"),
    Planted("5880-6.8.4-r07", "Detection Time cut short", "slow-to-notice"),
    Planted("5880-6.8.6-r19", "far end's discriminator learned once", "long", peer="takes another discriminator"),
    Planted("5880-6.8.6-r29", "Init ignores AdminDown", "init-hears-admin-down"),
    Planted("5880-6.8.6-r30", "Up ignores AdminDown", "admin-down"),
    Planted("5880-6.8.6-r31", "Init leaves without diagnostic", "init-hears-admin-down"),
    Planted("5880-6.8.6-r32", "Up leaves without diagnostic", "admin-down"),
    Planted("5880-6.8.6-r33", "Down takes Init for Down", "down-hears-init", deviates="5880-6.8.6-r34"),
    Planted("5880-6.8.6-r34", "up without Init", "init-hears-down"),
    Planted("5880-6.8.6-r35", "Down returns to Up on Up", "missed"),
    Planted("5880-6.8.6-r36", "Init waits for Up", "init-hears-init"),
    Planted("5880-6.8.6-r37", "Init ignores Up", "init-hears-down"),
    Planted("5880-6.8.6-r38", "Init goes on to Up", "init-hears-down"),
    Planted("5880-6.8.6-r39", "Up ignores Down", "mute"),
    Planted("5880-6.8.6-r40", "neighbor's Down without diagnostic", "mute"),
    Planted("5880-6.8.7-r01", "twice as fast", "long"),
    Planted("5880-6.8.7-r02", "no jitter", "long"),
    Planted("5880-6.8.7-r03", "up to a quarter late", "long"),
    Planted("5880-6.8.7-r04", "hardly any jitter", "long-detect-mult-1"),
    Planted("5880-6.8.7-r05", "jitter of 40 % at Detect Mult 1", "long-detect-mult-1"),
    Planted("5880-6.8.7-r10", "zero Required Min RX Interval ignored", "wants-none"),
    Planted("5880-6.8.7-r11", "slow in Demand mode", "demand-of-peer"),
    Planted("5880-6.8.7-r12", "Polls answered without F", "long", deviates="5880-6.8.7-r15"),
    Planted("5880-6.8.7-r20", "D set if only the far end was Up last", "demand"),
    Planted("5880-6.8.7-r21", "D set if only the local session is Up", "down-hears-init-demand"),
    Planted("5880-6.8.7-r23", "version 2", "calm"),
    Planted("5880-6.8.7-r29", "F though nobody polled", "calm"),
    Planted("5880-6.8.7-r35", "M set", "calm"),
    Planted("5880-6.8.7-r37", "Length 26", "calm"),
    Planted("5880-6.8.7-r39", "Your Discriminator one off", "calm"),
    Planted("5881-3-r01", "a session for everybody who asks", "twice"),
    Planted("5881-4-r01", "multihop port now and then", "calm"),
    Planted("5881-4-r03", "source port 40000", "calm"),
    Planted("5881-4-r04", "source ports in turn", "calm-ipv6"),
    Planted("5881-4-r05", "one source port for all", "two-neighbours"),
    Planted("5881-5-r01", "TTL 64", "calm-ipv6"),
    Planted("5881-5-r03", "TTL 64 with authentication", "auth-sha1"),
    Planted("5883-5-r03", "source port 40000", "multihop"),
    Planted("5883-5-r04", "source ports in turn", "multihop"),
    Planted("5883-5-r05", "one source port for all", "two-neighbours-multihop"),
)

NOT_PLANTED: Mapping[str, str] = {}
"""Checks without a capture that shows them, and why."""


def _known() -> Mapping[tuple[str, str], Deviant]:
    return {(deviant.breaks, deviant.name): deviant for deviant in (*collect(), *speakers.OWN)}
