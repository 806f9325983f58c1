"""Several flawed packets in one conversation: what takes seconds is to get a session Up, not to send one packet more.

All probes of one call belong to one requirement, so that an accusation stays exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.packets import Seen, in_words, state_name
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import FINAL, pace_polls, poll, sentinel_after
from conformance.bench.signing import Seal
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import State
from refimpl.wire.damage import Damage

GAP_US = 20_000
"""Between two probes, so that an answer stands behind the packet that it answers."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A packet that would be obeyed if it were not for one flaw: it polls and signals Down unless `fields` say
    otherwise. `what` names the flaw; `seal` and `damage` are those of `Bench.send`."""

    what: str
    seal: Seal | None = None
    damage: Damage | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    datagram: Mapping[str, object] = field(default_factory=dict)


def must_discard_each(bench: Bench, puppet: Puppet, probes: Sequence[Probe], requirement: str) -> None:
    """Prove that the target, being Up, discards every one of `probes`; see `scenario.must_discard` for how.

    The puppet's keep-alives go on meanwhile. The probe that is named in an accusation is the last one before the
    answer; a target that answers late may have meant an earlier one, so all of them are cited.
    """
    _sane(bench, puppet)
    pace_polls(bench, puppet)
    sent: list[tuple[Probe, Seen]] = []
    for probe in probes:
        fields: dict[str, Any] = {"state": State.DOWN, "poll": True, **probe.fields}
        sent.append((probe, bench.send(puppet, probe.damage, seal=probe.seal, datagram={**probe.datagram}, **fields)))
        bench.elapse(GAP_US)
        _judge(bench, puppet, sent, requirement)
    bench.elapse(PROMPT_US)
    _judge(bench, puppet, sent, requirement)
    last, since = sent[-1]
    sentinel = sentinel_after(
        bench, puppet, since, requirement=requirement, because=f"a packet {last.what} is discarded"
    )
    _judge(bench, puppet, sent, requirement, sentinel)


def must_accept(bench: Bench, puppet: Puppet, what: str, requirement: str, seal: Seal | None = None) -> Seen:
    """Judge that the target, being Up, answers a Poll with some peculiarity; returns the Final. The
    puppet counts on from the Sequence Number of `seal`."""
    sane = _sane(bench, puppet)
    pace_polls(bench, puppet)
    asked = bench.send(puppet, seal=replace(seal, goes_on=True) if seal is not None else None, poll=True)
    answer = bench.find(asked, PROMPT_US, puppet, [FINAL])
    bench.check(
        answer is not None,
        expected=f"an answer to frame {asked.frame}, a Poll {what}; the one before got frame {sane.frame}",
        actual="none",
        frames=[sane, asked],
        requirement=requirement,
    )
    assert answer is not None  # the check has raised otherwise
    return answer[0]


def _judge(
    bench: Bench, puppet: Puppet, sent: Sequence[tuple[Probe, Seen]], requirement: str, sentinel: Seen | None = None
) -> None:
    """No answer but the sentinel's, and no state but Up, since the first probe."""
    probes = [frame for _, frame in sent]
    last, since = sent[-1]
    offenders = [
        seen
        for seen in bench.from_target(probes[0])
        if puppet.is_from_target(seen)
        and (seen.packet.state != State.UP or (seen.packet.final and (sentinel is None or seen.frame < sentinel.frame)))
    ]
    bench.check(
        not offenders,
        expected=f"frame {since.frame} discarded ({last.what}){_others(sent[:-1])}",
        actual=f"frame {offenders[0].frame}: {in_words(offenders[0])}" if offenders else "",
        frames=[*probes, *offenders],
        requirement=requirement,
    )


def _others(sent: Sequence[tuple[Probe, Seen]]) -> str:
    """The probes before the last one, in words."""
    each = ", ".join(f"{frame.frame} ({probe.what})" for probe, frame in sent)
    return f", and so {each}" if each else ""


def _sane(bench: Bench, puppet: Puppet) -> Seen:
    final = poll(bench, puppet)
    if final.packet.state != State.UP:
        raise Inconclusive(f"the target was {state_name(final.packet.state)} before the probe (frame {final.frame})")
    return final
