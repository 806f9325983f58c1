"""The fold in chunks says what a plain loop over the packets says."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from captures.conversation import BIN_PERCENT, BINS, Conversation, Gap, Said, Steps, Stretch
from captures.fold import Fold, fold
from captures.rows import Row, Undecoded
from captures.table import Chunk, from_packets

A, B = "192.0.2.1", "192.0.2.2"
A6, B6 = "2001:db8::1", "2001:db8::2"


@st.composite
def captures(draw: st.DrawFn) -> list[Row | Undecoded]:
    """Two addresses with a few discriminators who mostly repeat themselves."""
    packets: list[Row | Undecoded] = []
    now = 1_700_000_000 * 10**9
    sequence = draw(st.sampled_from((0, 2**32 - 3)))
    for frame in range(1, draw(st.integers(1, 30)) + 1):
        now += draw(st.sampled_from((-1000, 0, 50_000_000, 90_000_000, 100_000_000, 400_000_000)))
        sequence += draw(st.sampled_from((0, 1, 1, 5, -2)))
        ends = draw(st.sampled_from(((A, B), (B, A), (A, B), (B, A), (A6, B6), (A, A))))
        envelope = (frame, now, *ends, 255, 49152, 3784, 6 if ":" in ends[0] else 4, 32)
        place = draw(st.sampled_from(("", "", "", "vlan 7")))
        if draw(st.integers(0, 9)) == 0:
            packets.append(Undecoded(*envelope, place=place))
            continue
        own, other = (1, 2) if ends[0] == A else (2, 1)
        authenticated = draw(st.booleans())
        packets.append(
            Row(
                *envelope,
                place=place,
                version=1,
                diag=0,
                state=draw(st.sampled_from((1, 3, 3, 3))),
                poll=False,
                final=False,
                control_plane_independent=False,
                authentication_present=authenticated,
                demand=False,
                multipoint=False,
                detect_mult=3,
                length=24,
                my_discriminator=own + draw(st.sampled_from((0, 0, 0, 8))),
                your_discriminator=draw(st.sampled_from((0, other, other))),
                desired_min_tx_interval_us=draw(st.sampled_from((100_000, 100_000, 0))),
                required_min_rx_interval_us=draw(st.sampled_from((100_000, 100_000, 200_000, 0))),
                required_min_echo_rx_interval_us=0,
                auth_type=4 if authenticated else None,
                auth_length=28 if authenticated else None,
                auth_key_id=1 if authenticated else None,
                auth_sequence=sequence % 2**32 if authenticated else None,
                malformed=False,
            )
        )
    return packets


def plain(packets: list[Row | Undecoded]) -> list[Conversation]:
    """What captures.fold does, without a thought of speed."""
    conversations: dict[Any, Conversation] = {}
    last: dict[Any, Row | Undecoded] = {}
    for packet in packets:
        key = packet.place, frozenset((packet.source, packet.destination)), packet.destination_port
        conversation = conversations.setdefault(
            key, Conversation(packet.place, (packet.source, packet.destination), packet.destination_port)
        )
        own = packet.my_discriminator if isinstance(packet, Row) else None
        end = conversation.ends.setdefault((packet.source, own), _end(conversation, packet.source, own))
        before = last.get((key, packet.source, own))
        last[key, packet.source, own] = packet
        if before is None or _constant(packet) != _constant(before):
            conversation.epoch += 1
            end.said.append(Said(packet))
        said = end.said[-1]
        gap = None if before is None else packet.time_ns - before.time_ns
        step = _step(packet, before)
        if said.stretches and said.stretches[-1].epoch == conversation.epoch:
            _repeat(said.stretches[-1], packet, max(gap or 0, 0), step)
            continue
        heard, interval = None, 0
        if isinstance(packet, Row):
            peer = conversation.peer(end, packet)
            heard = peer.said[-1] if peer else None
            interval = max(packet.desired_min_tx_interval_us, heard.row.required_min_rx_interval_us if heard else 0)
        frame, now = packet.frame, packet.time_ns
        stretch = Stretch(conversation.epoch, frame, now, frame, now, 1, gap, interval, heard, step)
        number = packet.auth_sequence if isinstance(packet, Row) else None
        if number is not None:
            stretch.steps = Steps(number, number, 0, 0, 0, 0, 0)
        said.stretches.append(stretch)
    return list(conversations.values())


def _end(conversation: Conversation, address: str, discriminator: int | None) -> Any:
    from captures.conversation import End  # noqa: PLC0415

    return End(conversation, address, discriminator)


def _constant(packet: Row | Undecoded) -> Row | Undecoded:
    if isinstance(packet, Row):
        return replace(packet, frame=0, time_ns=0, auth_sequence=None if packet.auth_sequence is None else 0)
    return replace(packet, frame=0, time_ns=0)


def _step(packet: Row | Undecoded, before: Row | Undecoded | None) -> int:
    if before is None:
        return 0
    numbers = [(each.auth_sequence or 0) if isinstance(each, Row) else 0 for each in (packet, before)]
    return (numbers[0] - numbers[1] + 2**31) % 2**32 - 2**31


def _repeat(stretch: Stretch, packet: Row | Undecoded, gap: int, step: int) -> None:
    frame = packet.frame
    stretch.last_frame, stretch.last_ns, stretch.count = frame, packet.time_ns, stretch.count + 1
    if stretch.shortest is None or gap < stretch.shortest.ns:
        stretch.shortest = Gap(gap, frame)
    if stretch.longest is None or gap > stretch.longest.ns:
        stretch.longest = Gap(gap, frame)
    if stretch.interval_us:
        gaps = [0] * BINS if stretch.gaps is None else stretch.gaps
        gaps[min(BINS - 1, int(gap / BIN_PERCENT * 100 / (stretch.interval_us * 1000)))] += 1
        stretch.gaps = gaps  # type: ignore[assignment]
    number = packet.auth_sequence if isinstance(packet, Row) else None
    if stretch.steps is not None and number is not None:
        steps = stretch.steps
        steps.last = number
        steps.repeated += step == 0
        steps.repeated_frame = steps.repeated_frame or (frame if step == 0 else 0)
        steps.back += step < 0
        steps.back_frame = steps.back_frame or (frame if step < 0 else 0)
        steps.forth = max(steps.forth, step)


def told(conversations: list[Conversation]) -> list[Any]:
    """All that a conversation holds, so that two can be compared."""
    return [
        (
            conversation.place,
            conversation.addresses,
            conversation.destination_port,
            conversation.epoch,
            [
                (
                    key,
                    end.address,
                    end.discriminator,
                    [(said.packet, [*map(_told, said.stretches)]) for said in end.said],
                )
                for key, end in conversation.ends.items()
            ],
        )
        for conversation in conversations
    ]


def _told(stretch: Stretch) -> Any:
    values = {name: getattr(stretch, name) for name in Stretch.__slots__}
    values["heard"] = None if stretch.heard is None else stretch.heard.packet
    values["gaps"] = None if stretch.gaps is None else list(map(int, stretch.gaps))
    return values


@given(captures(), st.lists(st.integers(0, 30), max_size=4))
def test_chunks_do_not_matter(packets: list[Row | Undecoded], cuts: list[int]) -> None:
    chunk = from_packets(packets)
    bounds = [0, *sorted(min(cut, len(packets)) for cut in cuts), len(packets)]
    folded = Fold()
    for start, end in pairwise(bounds):
        folded.add(Chunk(chunk.packets[start:end], chunk.places))
    assert told(folded.conversations) == told(plain(packets))


def test_a_calm_session_is_one_stretch_per_end() -> None:
    packets = [_calm(frame, *ends) for frame, ends in enumerate([(A, B, 1, 2), (B, A, 2, 1)] * 50, start=1)]
    (conversation,) = fold([from_packets(packets)])
    lengths = [stretch.count for end in conversation.ends.values() for _, stretch in end.stretches()]
    assert lengths == [1, 49, 50]  # the first packet of one end came before the other end had said anything


def _calm(frame: int, source: str, destination: str, own: int, other: int) -> Row:
    envelope = (frame, frame * 10**8, source, destination, 255, 49152, 3784, 4, 32)
    return Row(*envelope, 1, 0, 3, *[False] * 6, 3, 24, own, other, 100_000, 100_000, 0, *[None] * 4, False)
