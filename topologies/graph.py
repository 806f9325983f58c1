"""A drawing of a laboratory: nodes in a row, sessions above them, networks as bars below. SVG, light and dark."""

from html import escape

from topologies.blueprint import Blueprint, House, PlannedSession

_MARGIN = 24
_SLOT = 150
"""Width of an interface: its line and, beside it, the longest address."""
_LEAST_WIDTH = 160
_GAP = 40
_LEVEL = 30
"""Height of a session's line with its words."""
_NODE = 52
_RAIL = 76
"""Height of a network with the addresses above it."""
_CHARACTER = 7
"""About the width of one at 12 px."""

_STYLE = """
svg { --ink: #1c2733; --soft: #5b6b7b; --paper: #ffffff; --box: #eef3f8; --edge: #9fb2c4; --rail: #2f6f9f;
  --bfd: #b4531c; background: var(--paper); font: 12px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg { --ink: #e6edf3; --soft: #9aa9b8; --paper: #12181f; --box: #1e2833;
  --edge: #4a5b6c; --rail: #6fb4e4; --bfd: #f0a272; } }
text { fill: var(--ink); } .soft { fill: var(--soft); } .name { font-weight: 600; font-size: 14px; }
.house { fill: var(--box); stroke: var(--edge); } .wall { stroke: var(--edge); stroke-dasharray: 4 3; }
.wire { stroke: var(--rail); stroke-width: 1.5; } .rail { stroke: var(--rail); stroke-width: 5; stroke-linecap: round; }
.plug { fill: var(--rail); } .network { fill: var(--rail); font-weight: 600; }
.session { fill: none; stroke: var(--bfd); stroke-width: 1.5; stroke-dasharray: 6 3; } .words { fill: var(--bfd); }
"""


def draw_svg(plan: Blueprint, description: str = "") -> str:
    """The whole picture as the text of an SVG file."""
    sessions = _sessions(plan)
    head = _MARGIN + 44
    row = head + _LEVEL * len(sessions) + 18
    lefts, widths = _columns(plan)
    words = [f"{plan.run_id}: {description}" if description else plan.run_id, *(words for *_, words in sessions)]
    width = max([lefts[-1] + widths[-1] + _MARGIN, *(2 * _MARGIN + _CHARACTER * len(line) for line in words)])
    height = row + _NODE + 24 + _RAIL * len(plan.networks) + _MARGIN
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(words[0])}</title><style>{_STYLE}</style>",
        _text(_MARGIN, _MARGIN + 10, plan.run_id, "name"),
        _text(_MARGIN, _MARGIN + 28, description, "soft"),
    ]
    parts += _draw_networks(plan, lefts, row + _NODE)
    for house, left, wide in zip(plan.houses, lefts, widths, strict=True):
        parts += _draw_house(plan, house, left, wide, row)
    parts += _draw_sessions(_centres(plan, lefts, widths), sessions, head, row)
    return "\n".join([*parts, "</svg>\n"])


def _columns(plan: Blueprint) -> tuple[list[int], list[int]]:
    """Where each house begins, and how wide it is."""
    widths = [max(_LEAST_WIDTH * len(_inhabitants(plan, each)), _SLOT * len(each.interfaces)) for each in plan.houses]
    lefts = [_MARGIN + sum(widths[:number]) + _GAP * number for number in range(len(widths))]
    return lefts, widths


def _inhabitants(plan: Blueprint, house: House) -> list[str]:
    return [node.name for node in plan.nodes if node.home == house.node]


def _centres(plan: Blueprint, lefts: list[int], widths: list[int]) -> dict[str, int]:
    """The middle of each node."""
    centres: dict[str, int] = {}
    for house, left, wide in zip(plan.houses, lefts, widths, strict=True):
        names = _inhabitants(plan, house)
        centres |= {name: left + wide * (2 * place + 1) // (2 * len(names)) for place, name in enumerate(names)}
    return centres


def _draw_house(plan: Blueprint, house: House, left: int, wide: int, top: int) -> list[str]:
    parts = [f'<rect class="house" x="{left}" y="{top}" width="{wide}" height="{_NODE}" rx="8"/>']
    names = _inhabitants(plan, house)
    for place, name in enumerate(names):
        x = left + wide * place // len(names)
        if place:
            parts.append(f'<line class="wall" x1="{x}" y1="{top}" x2="{x}" y2="{top + _NODE}"/>')
        parts.append(_text(x + 12, top + 22, name, "name"))
        parts.append(_text(x + 12, top + 40, plan.node(name).runs, "soft"))
    return parts


def _draw_networks(plan: Blueprint, lefts: list[int], top: int) -> list[str]:
    parts = []
    for number, network in enumerate(plan.networks):
        y = top + 24 + _RAIL * (number + 1) - 20
        plugs = []
        for house, left in zip(plan.houses, lefts, strict=True):
            for place, interface in enumerate(house.interfaces):
                if interface.network == network:
                    x = left + 16 + _SLOT * place
                    plugs.append(x)
                    parts.append(f'<line class="wire" x1="{x}" y1="{top}" x2="{x}" y2="{y}"/>')
                    parts.append(f'<circle class="plug" cx="{x}" cy="{y}" r="5"/>')
                    addresses = [address for address in (interface.ipv4, interface.ipv6) if address]
                    parts += [_text(x + 8, y - 10 - 16 * up, line) for up, line in enumerate(reversed(addresses))]
        begin, end = min(plugs, default=_MARGIN), max(plugs, default=_MARGIN)
        parts.append(f'<line class="rail" x1="{begin}" y1="{y}" x2="{end + _SLOT // 2}" y2="{y}"/>')
        parts.append(_text(end + _SLOT // 2 + 10, y + 4, network, "network"))
    return parts


def _sessions(plan: Blueprint) -> list[tuple[str, str, str]]:
    """Of each session its two nodes, and what is said about it."""
    sides: dict[int, list[tuple[str, PlannedSession]]] = {}
    for node in plan.nodes:
        for session in node.sessions:
            sides.setdefault(session.number, []).append((node.name, session))
    return [(one[0], other[0], _words(one, other)) for _, (one, other) in sorted(sides.items())]


def _words(one: tuple[str, PlannedSession], other: tuple[str, PlannedSession]) -> str:
    spec = one[1].spec
    kind = f"{spec.kind.replace('_', ' ')}, IPv{6 if ':' in spec.local else 4}"
    timers = {name: _timers(side) for name, side in (one, other)}
    if len(set(timers.values())) == 1:
        return f"{kind}, {timers[one[0]]}"
    return f"{kind}, " + ", ".join(f"{name} {words}" for name, words in timers.items())


def _timers(session: PlannedSession) -> str:
    sent, got = (f"{us / 1000:g}" for us in (session.spec.desired_min_tx_us, session.spec.required_min_rx_us))
    return f"{sent if sent == got else f'{sent}/{got}'} ms × {session.spec.detect_mult}"


def _draw_sessions(centres: dict[str, int], sessions: list[tuple[str, str, str]], top: int, bottom: int) -> list[str]:
    """The first session reaches highest; each leaves its nodes at a place of its own, so that no lines meet."""
    parts = []
    for number, (one, other, words) in enumerate(sessions):
        shift = 10 * (number - (len(sessions) - 1) / 2)
        y = top + _LEVEL * number + 14
        left, right = sorted((centres[one], centres[other]))
        begin, end = left - shift, right + shift
        parts.append(
            f'<path class="session" d="M{begin:g} {bottom} V{y + 6} q0 -6 6 -6 H{end - 6:g} q6 0 6 6 V{bottom}"/>'
        )
        parts.append(_text((left + right) // 2, y - 4, words, "words", anchor="middle"))
    return parts


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'
