"""What a capture might say: a requirement broken, a recommendation not followed, one confirmed, one undecided."""

from datetime import UTC, datetime

from reports.verification import (
    CheckInfo,
    ConversationSeen,
    EndSeen,
    FileRead,
    Finding,
    Judged,
    Line,
    Rate,
    Ruling,
    Silence,
    StateChange,
    Verification,
    Where,
)

ENDS = ("192.0.2.1", "192.0.2.2")


def sample_verification(words: str = "TTL 64") -> Verification:
    """`words` is what was seen."""
    rulings = (Ruling.VIOLATED, Ruling.VIOLATED, Ruling.CONFIRMED, Ruling.UNDECIDED)
    checks = [
        CheckInfo(id="5881-5-r01", clause="RFC 5881 section 5: TTL is 255", level="MUST"),
        CheckInfo(id="5880-6.8.3-r11", clause="RFC 5880 section 6.8.3: slow while Echo is active", level="SHOULD"),
        CheckInfo(id="5880-6.8.7-r23", clause="RFC 5880 section 6.8.7: Vers is 1", level="MUST"),
        CheckInfo(id="5880-6.8.7-r35", clause="RFC 5880 section 6.8.7: M is 0", level="MUST"),
    ]
    return Verification(
        generator="bfdspec 9.9",
        command="bfdspec verify c.pcapng",
        engine="fast",
        started=datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC),
        duration_us=1_200,
        files=[
            FileRead(name="c.pcapng", packets=8, undecoded=0, started_ns=0, duration_us=900_000, speakers=[ENDS[0]])
        ],
        checks=checks,
        conversations=[_conversation(words)],
        judged=[
            Judged(file=0, speakers=[ENDS[0]], check=check.id, ruling=ruling, examined=4, reason="no packet")
            for check, ruling in zip(checks, rulings, strict=True)
        ],
        findings=[
            Finding(
                check=check.id,
                level=check.level,
                conversation=0,
                speaker=ENDS[0],
                expected="TTL 255",
                seen=words,
                where=[Where(frame=1, last_frame=1, packets=1, time_us=0)],
            )
            for check in checks[:2]
        ],
    )


def _conversation(words: str) -> ConversationSeen:
    states = [
        StateChange(time_us=0, last_us=300_000, frame=1, state="Up", diag=0),
        StateChange(time_us=600_000, last_us=900_000, frame=3, state="Down", diag=1),
    ]
    gaps = [0] * 30 + [3] + [0] * 33
    return ConversationSeen(
        file=0,
        place="eth0",
        addresses=ENDS,
        destination_port=3784,
        packets=8,
        ends=[
            EndSeen(
                address=address,
                discriminator=number + 1,
                packets=4,
                first_us=0,
                last_us=900_000,
                states=states,
                rates=[
                    Rate(
                        interval_us=300_000,
                        least_percent=75,
                        most_percent=100,
                        gaps=gaps,
                        shortest_us=230_000,
                        longest_us=290_000,
                    )
                ],
                silences=[Silence(heard_us=0, detection_us=900_000, down_us=600_000, frame=3)],
            )
            for number, address in enumerate(ENDS)
        ],
        handshakes=["three-way handshake complete"],
        lines=[
            Line(time_us=0, frame=1, side=0, words=words, packets=3, marked=True),
            Line(time_us=1_000, frame=2, side=1, words="Up"),
        ],
    )
