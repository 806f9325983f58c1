"""Every scenario's judgement: content with what it asks for, and not with anything else."""

from collections.abc import Callable
from typing import Any

import pytest
from session_tale import Tale, judge

from captures.handshake import ADMIN_DOWN, DOWN, INIT, UP
from interop.scenarios import SCENARIOS
from reports.model import Verdict

Told = Callable[[Tale], None]


def tell(told: Told, *, until_ms: float = 3000) -> Tale:
    """A session that came Up and is looked at from 2 s on, then what `told` adds."""
    tale = Tale()
    tale.establish()
    for side in (0, 1):
        tale.talk(1300 + side, until_ms, side)
    told(tale)
    return tale


def verdict(scenario: str, told: Told) -> Verdict:
    return judge(scenario, tell(told))[0]


# Establishment


def test_establishment() -> None:
    for scenario in ("ipv4", "ipv6", "calm", "asymmetric"):
        assert judge(scenario, tell(lambda tale: tale.mark(6000, "end"), until_ms=6000))[0] is Verdict.PASS


def test_establishment_of_one_end_only() -> None:
    tale = Tale()
    tale.mark(0, "begin")
    tale.talk(10, 9000, 0, every_ms=900, state=DOWN)
    tale.talk(20, 9000, 1, every_ms=900, state=INIT)
    told, seen = judge("ipv4", tale)
    assert told is Verdict.FAIL
    assert "left says Down" in seen


def test_establishment_that_is_taken_back() -> None:
    assert verdict("ipv4", lambda tale: tale.say(3100, 1, DOWN, diag=1)) is Verdict.FAIL


def test_establishment_too_late() -> None:
    tale = Tale()
    tale.mark(0, "begin")
    tale.talk(10, 11_000, 0, every_ms=900, state=DOWN)
    tale.talk(11_000, 13_000, 0)
    tale.talk(11_000, 13_000, 1)
    assert judge("ipv4", tale)[0] is Verdict.FAIL


def test_nothing_is_said_of_a_session_that_never_began() -> None:
    assert judge("ipv4", Tale())[0] is Verdict.INCONCLUSIVE


def test_multihop_port() -> None:
    assert verdict("multihop", lambda tale: None) is Verdict.FAIL
    tale = Tale(fields=({"destination_port": 4784, "ttl": 64}, {"destination_port": 4784}))
    tale.establish()
    tale.talk(1300, 3000, 0)
    tale.talk(1300, 3000, 1)
    assert judge("multihop", tale)[0] is Verdict.PASS


def test_authentication_in_every_packet() -> None:
    signed = {"authentication_present": True, "auth_type": 5, "auth_length": 28, "length": 52, "udp_length": 60}
    tale = Tale(fields=(signed, signed))
    tale.establish()
    tale.talk(1300, 3000, 0)
    tale.talk(1300, 3000, 1)
    assert judge("auth-sha1-meticulous", tale)[0] is Verdict.PASS
    assert judge("auth-sha1", tale)[0] is Verdict.FAIL


# AdminDown


def taken_down(tale: Tale, *, diag: int = 3, returns: bool = False, late: bool = False, own_diag: int = 7) -> None:
    tale.mark(3000, "disabled")
    tale.talk(3010, 4000, 0, state=ADMIN_DOWN, diag=own_diag)
    if late:
        tale.talk(3100, 3800, 1)
    tale.talk(3900 if late else 3011, 6000, 1, every_ms=900, state=DOWN, diag=diag)
    if returns:
        tale.say(5900, 1, INIT)
    tale.mark(6000, "enabled")
    tale.say(6010, 0, DOWN, diag=own_diag)
    tale.say(6011, 1, INIT, diag=diag)
    tale.talk(6012, 8000, 0)
    tale.talk(6013, 8000, 1)


def test_admin_down() -> None:
    assert judge("admin-down", tell(taken_down))[0] is Verdict.PASS


@pytest.mark.parametrize("wrong", [{"diag": 0}, {"returns": True}, {"late": True}])
def test_admin_down_that_is_not_followed(wrong: dict[str, int]) -> None:
    assert verdict("admin-down", lambda tale: taken_down(tale, **wrong)) is Verdict.FAIL


def test_admin_down_with_another_diagnostic() -> None:
    """6.8.16 asks for an appropriate value, and no more."""
    assert verdict("admin-down", lambda tale: taken_down(tale, own_diag=0)) is Verdict.PASS


def test_admin_down_that_is_not_said() -> None:
    def silent(tale: Tale) -> None:
        tale.mark(3000, "disabled")
        tale.talk(3900, 6000, 1, every_ms=900, state=DOWN, diag=1)
        tale.mark(6000, "enabled")

    told, seen = judge("admin-down", tell(silent))
    assert told is Verdict.FAIL
    assert "left does not" in seen


# Failures


def expired(tale: Tale, side: int, last_ms: float, after_ms: float, *, says_up_ms: float = 0, diag: int = 1) -> None:
    """`side` heard its last packet at `last_ms`, and says Down `after_ms` later; Up until then, or for longer."""
    tale.talk(last_ms + 20, last_ms + (says_up_ms or min(after_ms, 890)), side, arrives=False)
    tale.talk(last_ms + after_ms, 6000, side, every_ms=900, state=DOWN, diag=diag, arrives=False)


def back(tale: Tale, name: str) -> None:
    tale.mark(6000, name)
    tale.say(6100, 0, DOWN, diag=1)
    tale.say(6110, 1, INIT, diag=1)
    tale.talk(6120, 8000, 0)
    tale.talk(6130, 8000, 1)


LAST_MS = 2920.0
"""The last of the periodic packets before 3 s, as `tell` sends them, of side 0; that of side 1 is 1 ms later."""


def cut(tale: Tale, **right: float | int) -> None:
    tale.mark(3000, "cut")
    expired(tale, 0, LAST_MS + 1, 905)
    expired(tale, 1, LAST_MS, **{"after_ms": 905, **right})  # type: ignore[arg-type]
    back(tale, "restored")


def test_cut() -> None:
    told, seen = judge("cut", tell(cut))
    assert told is Verdict.PASS, seen
    assert "Detection Time 900 ms" in seen


def test_cut_told_with_the_next_scheduled_packet() -> None:
    """Silence is no proof that the session did not notice."""
    assert verdict("cut", lambda tale: cut(tale, after_ms=1800)) is Verdict.PASS


@pytest.mark.parametrize(
    "wrong",
    [
        {"after_ms": 700},  # too early
        {"after_ms": 1500, "says_up_ms": 1400},  # still Up
        {"after_ms": 2900},  # too late for any schedule
        {"after_ms": 905, "diag": 3},
    ],
)
def test_cut_that_is_noticed_wrongly(wrong: dict[str, float]) -> None:
    assert verdict("cut", lambda tale: cut(tale, **wrong)) is Verdict.FAIL


def test_cut_that_is_never_noticed() -> None:
    def told(tale: Tale) -> None:
        tale.mark(3000, "cut")
        expired(tale, 0, LAST_MS + 1, 905)
        tale.talk(3100, 6000, 1, arrives=False)
        back(tale, "restored")

    assert verdict("cut", told) is Verdict.FAIL


def test_cut_from_which_nobody_returns() -> None:
    def told(tale: Tale) -> None:
        tale.mark(3000, "cut")
        expired(tale, 0, LAST_MS + 1, 905)
        expired(tale, 1, LAST_MS, 905)
        tale.mark(6000, "restored")
        tale.talk(6100, 9000, 0, state=DOWN)
        tale.talk(6100, 9000, 1, state=DOWN)

    assert verdict("cut", told) is Verdict.FAIL


def test_detection_times_are_those_that_both_ends_announced() -> None:
    """The far end's Detect Mult, and the greater of the own Required Min RX and the far end's Desired Min TX."""
    left = {"desired_min_tx_interval_us": 150_000, "required_min_rx_interval_us": 300_000, "detect_mult": 4}
    right = {"desired_min_tx_interval_us": 300_000, "required_min_rx_interval_us": 250_000, "detect_mult": 5}

    def told(after_left_ms: float, after_right_ms: float) -> Verdict:
        tale = Tale(fields=(left, right))
        tale.establish()
        tale.talk(1300, 3000, 0)
        tale.talk(1301, 3000, 1)
        tale.mark(3000, "cut")
        tale.talk(LAST_MS + after_left_ms, 6000, 0, state=DOWN, diag=1, arrives=False)
        tale.talk(LAST_MS + after_right_ms, 6000, 1, state=DOWN, diag=1, arrives=False)
        back(tale, "restored")
        return judge("detection", tale)[0]

    assert told(1510, 1010) is Verdict.PASS
    assert told(1010, 1510) is Verdict.FAIL
    assert told(1510, 910) is Verdict.FAIL


def test_a_pause_that_is_none_is_not_blamed_on_the_other_end() -> None:
    def told(tale: Tale) -> None:
        tale.mark(3000, "paused")
        tale.mark(3001, "silent")
        tale.talk(3100, 8000, 0)
        tale.talk(3101, 8000, 1)
        tale.mark(8000, "resumed")

    assert verdict("pause", told) is Verdict.INCONCLUSIVE


def test_pause() -> None:
    def told(tale: Tale) -> None:
        tale.mark(3000, "paused")
        tale.mark(3001, "silent")
        tale.talk(3100, 3800, 1)
        tale.talk(LAST_MS + 910, 6000, 1, every_ms=900, state=DOWN, diag=1)
        tale.mark(6000, "resumed")
        tale.say(6001, 0, UP)  # what was due before it was paused
        back(tale, "nothing")

    told_verdict, seen = judge("pause", tell(told))
    assert told_verdict is Verdict.PASS, seen


def one_way(tale: Tale, *, follows: bool = True, diag: int = 3, returns: bool = False) -> None:
    tale.mark(3000, "cut")
    tale.talk(3000, 3820, 0, arrives=False)
    tale.talk(3005, LAST_MS + 905, 1)
    tale.talk(LAST_MS + 905, 6000, 1, every_ms=900, state=DOWN, diag=1)
    if follows:
        tale.say(LAST_MS + 906, 0, DOWN, diag=diag, arrives=False)
        tale.talk(LAST_MS + 1810, 6000, 0, every_ms=900, state=INIT, diag=diag, arrives=False)
    else:
        tale.talk(LAST_MS + 1000, 6000, 0, arrives=False)
    if returns:
        tale.say(5900, 1, UP)
    back(tale, "restored")


def test_one_way() -> None:
    told, seen = judge("one-way", tell(one_way))
    assert told is Verdict.PASS, seen


@pytest.mark.parametrize("wrong", [{"follows": False}, {"diag": 0}, {"returns": True}])
def test_one_way_that_is_not_followed(wrong: dict[str, int]) -> None:
    assert verdict("one-way", lambda tale: one_way(tale, **wrong)) is Verdict.FAIL


def test_diagnostic_1_is_right_where_the_news_came_after_the_detection_time() -> None:
    def told(tale: Tale) -> None:
        tale.mark(3000, "cut")
        tale.talk(3000, LAST_MS + 880, 0, arrives=False)
        tale.say(LAST_MS + 1700, 1, DOWN, diag=1)
        tale.say(LAST_MS + 2600, 1, DOWN, diag=1)
        tale.talk(LAST_MS + 910, 6000, 0, every_ms=900, state=DOWN, diag=1, arrives=False)
        back(tale, "restored")

    told_verdict, seen = judge("one-way", tell(told))
    assert told_verdict is Verdict.PASS, seen


# Changes


def changed(
    tale: Tale,
    *,
    poll: bool = True,
    final: bool = True,
    rate_ms: float = 430,
    right_ms: float = 470,
    flap: bool = False,
) -> None:
    new = {"desired_min_tx_interval_us": 450_000, "required_min_rx_interval_us": 500_000}
    tale.mark(3000, "changed")
    tale.say(3100, 0, UP, poll=poll, **new)
    if final:
        tale.say(3101, 1, UP, final=True)
    tale.talk(3300, 9000, 0, every_ms=rate_ms, **new)
    tale.talk(3300, 9000, 1, every_ms=right_ms)
    if flap:
        tale.say(5000, 1, DOWN, diag=1)
    tale.mark(9000, "end")


def test_timer_change() -> None:
    told, seen = judge("timer-change", tell(changed))
    assert told is Verdict.PASS, seen


@pytest.mark.parametrize(
    "wrong",
    [{"poll": False}, {"final": False}, {"rate_ms": 270}, {"rate_ms": 600}, {"right_ms": 270}, {"flap": True}],
)
def test_timer_change_gone_wrong(wrong: dict[str, float]) -> None:
    assert verdict("timer-change", lambda tale: changed(tale, **wrong)) is Verdict.FAIL  # type: ignore[arg-type]


def test_rates_follow_the_slower_wish() -> None:
    def told(right_ms: float) -> Verdict:
        tale = Tale(fields=({"required_min_rx_interval_us": 450_000}, {}))
        tale.establish()
        tale.talk(2000, 7000, 0)
        tale.talk(2000, 7000, 1, every_ms=right_ms)
        tale.mark(7000, "end")
        return judge("asymmetric", tale)[0]

    assert told(420) is Verdict.PASS
    assert told(270) is Verdict.FAIL


def restarted(tale: Tale, *, notices: bool = True, comes_up: bool = True, your: int = 0xCC, my: int = 0xCC) -> None:
    tale.mark(3000, "restarted")
    tale.mark(4000, "added")
    if notices:
        tale.say(3950, 1, DOWN, diag=1)
    tale.say(4010, 0, DOWN, my_discriminator=my)
    if comes_up:
        tale.say(4020, 1, INIT, your_discriminator=your)
        tale.talk(4030, 6000, 0, my_discriminator=my)
        tale.talk(4040, 6000, 1, your_discriminator=your)


def test_restart() -> None:
    told, seen = judge("restart", tell(restarted))
    assert told is Verdict.PASS, seen
    assert "0x0000000a, then 0x000000cc" in seen


@pytest.mark.parametrize("wrong", [{"notices": False, "comes_up": False}, {"comes_up": False}, {"your": 0xA}])
def test_restart_gone_wrong(wrong: dict[str, int]) -> None:
    assert verdict("restart", lambda tale: restarted(tale, **wrong)) is Verdict.FAIL


def test_restart_told_as_init_at_once() -> None:
    """Two packets of the new session may come in before the first is answered."""
    assert verdict("restart", lambda tale: restarted(tale, notices=False, comes_up=True)) is Verdict.PASS


def test_restart_with_the_same_discriminator() -> None:
    assert verdict("restart", lambda tale: restarted(tale, my=0xA, your=0xA)) is Verdict.WARN


def test_a_flap_in_calm() -> None:
    def told(tale: Tale) -> None:
        tale.say(2500, 1, DOWN, diag=1)
        tale.mark(3000, "end")

    assert verdict("calm", told) is Verdict.FAIL


# Demand mode


def demanded(tale: Tale, *, asks: bool = True, silent: bool = True, resumes: bool = True, undone: bool = True) -> None:
    tale.mark(3000, "demand")
    tale.talk(3100, 8000, 0, demand=asks)
    tale.talk(3050, 3300, 1)
    tale.mark(5000, "silence")
    if not silent:
        tale.talk(5000, 8000, 1)
    tale.mark(8000, "undone")
    tale.talk(8100, 11_000, 0, demand=not undone)
    if resumes:
        tale.talk(8200, 11_000, 1)
    tale.mark(11_000, "end")


def test_demand() -> None:
    told, seen = judge("demand", tell(demanded))
    assert told is Verdict.PASS, seen


def test_demand_that_is_not_heeded() -> None:
    assert verdict("demand", lambda tale: demanded(tale, silent=False)) is Verdict.FAIL
    assert verdict("demand", lambda tale: demanded(tale, resumes=False)) is Verdict.FAIL


def test_demand_that_was_never_asked_for() -> None:
    assert verdict("demand", lambda tale: demanded(tale, asks=False)) is Verdict.INCONCLUSIVE


def test_demand_that_is_not_taken_back() -> None:
    """The end that keeps asking for silence is not to be blamed on the other one."""
    assert verdict("demand", lambda tale: demanded(tale, resumes=False, undone=False)) is Verdict.INCONCLUSIVE


# Echo


def echoed(tale: Tale, *, sent: int = 20, lost: int = 0, flap: bool = False) -> None:
    for number in range(sent):
        tale.echo(2000 + 100 * number, outbound=True)
        if number >= lost:
            tale.echo(2000 + 100 * number + 0.3, outbound=False)
    if flap:
        tale.say(3000, 1, DOWN, diag=2)
    tale.mark(5000, "end")


def test_echo() -> None:
    told, seen = judge("echo", tell(echoed))
    assert told is Verdict.PASS, seen
    assert "20 of 20 Echo packets of left come back" in seen


@pytest.mark.parametrize("wrong", [{"sent": 0}, {"lost": 20}, {"lost": 3}, {"flap": True}])
def test_echo_gone_wrong(wrong: dict[str, int]) -> None:
    assert verdict("echo", lambda tale: echoed(tale, **wrong)) is Verdict.FAIL  # type: ignore[arg-type]


def test_an_echo_packet_that_another_one_sent_does_not_count() -> None:
    def told(tale: Tale) -> None:
        for number in range(20):
            tale.echo(2000 + 100 * number, outbound=True, payload="e0")
            tale.echo(2000 + 100 * number + 0.3, outbound=False, payload="e1")
        tale.mark(5000, "end")

    assert verdict("echo", told) is Verdict.FAIL


# Padding


def padded(tale: Tale, *, size: int = 128, heeded: bool = True) -> None:
    tale.fields[0]["udp_length"] = 8 + size
    if heeded:
        tale.establish()
        tale.talk(2100, 6000, 0)
        tale.talk(2110, 6000, 1)
    else:
        tale.mark(0, "begin")
        tale.talk(10, 12_000, 1, every_ms=900, state=DOWN)
        tale.talk(20, 12_000, 0, every_ms=900, state=INIT)
    tale.mark(6000, "end")


def padding(**how: Any) -> tuple[Verdict, str]:
    tale = Tale()
    padded(tale, **how)
    return judge("padding", tale)


def test_padding() -> None:
    told, seen = padding()
    assert told is Verdict.PASS, seen
    assert "left sends 17 packets of 128 bytes, and 17 of them arrive" in seen


def test_padding_that_the_other_end_takes_for_nothing() -> None:
    told, seen = padding(heeded=False)
    assert told is Verdict.FAIL
    assert seen.startswith("left says Init (frame ")


def test_padding_that_never_was() -> None:
    told, seen = padding(size=24)
    assert told is Verdict.INCONCLUSIVE
    assert "left sends 24 bytes in frame 1/1, though it was told to pad" in seen


def test_what_it_did_not_come_to_is_not_judged() -> None:
    """Every scenario but those of coming Up says nothing of a session that did not."""
    for name in SCENARIOS:
        tale = Tale()
        tale.talk(10, 9000, 0, every_ms=900, state=DOWN)
        assert judge(name, tale)[0] is Verdict.INCONCLUSIVE, name
