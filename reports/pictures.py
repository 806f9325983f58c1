"""The pictures of a conversation, as inline SVG: states over time, how often packets came, what was waited for.

Lives here: geometry and labels. Must not live here: colours (report.css), judgement. Places from left to right are
percent of the picture's width, from top to bottom pixels: a picture fits a telephone, and its words keep their size.
"""

from collections.abc import Sequence

from markupsafe import Markup

from reports.verification import ConversationSeen, EndSeen, Rate, Silence, StateChange

_NARROW_PX, _WIDE_PX = 320, 640
"""Widths that pictures have at least, on a telephone and elsewhere: a word in a lane has to fit."""
_CHARACTER_PX = 8
_LANE, _LABEL = 22, 18


def states(conversation: ConversationSeen) -> Markup:
    """A lane for each end, coloured by the state that it said; pale from its last packet on until it said another."""
    ends = [end for end in conversation.ends if end.states]
    if not ends:
        return Markup()
    first, last = min(end.first_us for end in ends), max(end.last_us for end in ends)
    scale = _Scale(first, last)
    parts = []
    for number, end in enumerate(ends):
        top = number * (_LANE + _LABEL)
        parts.append(_text(0, top + 13, f"{end.address} ({end.discriminator:#010x})"))
        bounds = [change.time_us for change in end.states] + [end.last_us]
        for change, until in zip(end.states, bounds[1:], strict=True):
            title = _title(change)
            left, right = scale.place(change.time_us), scale.place(change.last_us)
            width = max(right - left, 0.2)
            if until > change.last_us:
                silent = scale.place(until) - left
                parts.append(
                    _rect(f"s-{change.state} silent", left, top + _LABEL, silent, _LANE, f"{title}, then nothing")
                )
            parts.append(_rect(f"s-{change.state}", left, top + _LABEL, width, _LANE, title))
            needed = 100 * _CHARACTER_PX * len(change.state)
            if width > needed / _WIDE_PX:
                kind = "in" if width > needed / _NARROW_PX else "in roomy"
                parts.append(_text(left + width / 2, top + _LABEL + 15, change.state, kind))
    height = len(ends) * (_LANE + _LABEL)
    parts += scale.axis(height)
    return _svg("States of both ends over time", height + 24, parts)


def _title(change: StateChange) -> str:
    diag = f", diag {change.diag}" if change.diag else ""
    times = f"{_seconds(change.time_us)} to {_seconds(change.last_us)}"
    return f"{change.state}{diag} from frame {change.frame}, {times}"


def histogram(rate: Rate) -> Markup:
    """How many gaps were how long, in percent of the interval, over the permitted window."""
    height, base, most = 120, 120, max(rate.gaps) or 1
    bins = len(rate.gaps)
    width = 100 / bins
    percent = 160 / bins  # of the interval, in one bin

    def place(value: float) -> float:
        return value / percent * width

    window = place(rate.most_percent) - place(rate.least_percent)
    parts = [_rect("window", place(rate.least_percent), 0, window, height)]
    for number, gaps in enumerate(rate.gaps):
        if gaps:
            tall = max(2.0, (height - 14) * gaps / most)
            title = f"{gaps} gaps of {number * percent:g} to {(number + 1) * percent:g} %"
            if number == bins - 1:
                title = f"{gaps} gaps of {number * percent:g} % or more"
            parts.append(_rect("gaps", (number + 0.05) * width, base - tall, 0.9 * width, tall, title))
    parts.append(_line("axis", 0, base, 100, base))
    marks = [0, 25, 50, rate.least_percent, rate.most_percent, 125, 150]
    parts += [_text(place(value), base + 16, f"{value} %", "mid" if value else "") for value in marks]
    return _svg("Transmit intervals against the permitted window", height + 24, parts)


def detection(silence: Silence) -> Markup:
    """The last packet heard, the Detection Time, and when Down was said."""
    first = silence.heard_us
    last = max(silence.down_us, first + silence.detection_us)
    scale = _Scale(first, last + (last - first) // 10)
    due, down = scale.place(first + silence.detection_us), scale.place(silence.down_us)
    heard = scale.place(first)
    anchor = "" if down < 35 else "mid" if down < 65 else "end"
    parts = [
        _rect("window", heard, 22, due - heard, 22),
        _line("event", heard, 14, heard, 52),
        _line("event down", down, 14, down, 52),
        _text(heard, 10, "last packet heard"),
        _text(heard + 1, 37, f"Detection Time {_ms(silence.detection_us)}"),
        _text(down, 66, f"Down seen {_ms(silence.down_us - first)} later (frame {silence.frame})", anchor),
    ]
    return _svg("Detection Time and Down", 72, parts)


class _Scale:
    """Microseconds to places in the picture."""

    def __init__(self, first_us: int, last_us: int) -> None:
        self._first, self._length = first_us, max(1, last_us - first_us)

    def place(self, time_us: float) -> float:
        return 100 * (time_us - self._first) / self._length

    def axis(self, top: float) -> list[Markup]:
        """A line with five times."""
        parts = [_line("axis", 0, top + 4, 100, top + 4)]
        for part in range(5):
            at = self._first + self._length * part / 4
            anchor = ("", "mid", "mid", "mid", "end")[part]
            parts.append(_text(self.place(at), top + 19, _seconds(at), anchor))
        return parts


def _svg(label: str, height: float, parts: Sequence[Markup]) -> Markup:
    head = Markup('<svg class="picture" height="{:.0f}" role="img" aria-label="{}">')
    return head.format(height, label) + Markup("").join(parts) + Markup("</svg>")


def _rect(kind: str, x: float, y: float, width: float, height: float, title: str = "") -> Markup:
    drawn = Markup('<rect class="{}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}"><title>{}</title></rect>')
    return drawn.format(kind, x, y, width, height, title)


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{:.2f}%" y1="{:.1f}" x2="{:.2f}%" y2="{:.1f}"/>').format(kind, x1, y1, x2, y2)


def _text(x: float, y: float, words: str, kind: str = "") -> Markup:
    return Markup('<text class="{}" x="{:.2f}%" y="{:.1f}">{}</text>').format(kind, x, y, words)


def _seconds(microseconds: float) -> str:
    return f"{microseconds / 1e6:.3g} s" if microseconds < 1e7 else f"{microseconds / 1e6:.1f} s"


def _ms(microseconds: int) -> str:
    return f"{microseconds / 1000:.4g} ms"


def picture_of(end: EndSeen) -> list[tuple[str, Markup]]:
    """What is drawn for one end, each with a caption."""
    drawn = []
    for rate in end.rates:
        if sum(rate.gaps) > 1:
            caption = (
                f"{end.address}: {sum(rate.gaps)} gaps at {_ms(rate.interval_us)}, permitted {rate.least_percent} to "
                f"{rate.most_percent} %, seen {_ms(rate.shortest_us)} to {_ms(rate.longest_us)}"
            )
            drawn.append((caption, histogram(rate)))
    return drawn + [(f"{end.address}: Down by Detection Time", detection(silence)) for silence in end.silences]
