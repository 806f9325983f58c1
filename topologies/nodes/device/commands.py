"""Command templates: a line with placeholders becomes an argument list, which is run without a shell.

The line is split into words before values are filled in, so that no value ever becomes two words, an option or a
shell's business. What another shell makes of a word (ssh hands it to one) is the template's affair; the values are
addresses, numbers and names without blanks.
"""

import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter

from topologies.node import LackError, NodeError, SessionSpec


def _milliseconds(name: str) -> Callable[[SessionSpec], str]:
    def value(spec: SessionSpec) -> str:
        whole, rest = divmod(int(getattr(spec, f"{name}_us")), 1000)
        if rest:
            raise LackError(f"{name} of {whole * 1000 + rest} us: the command takes whole milliseconds")
        return str(whole)

    return value


PLACEHOLDERS: Mapping[str, Callable[[SessionSpec], str]] = {
    "name": lambda spec: spec.name,
    "peer": lambda spec: spec.peer,
    "local": lambda spec: spec.local,
    "interface": lambda spec: spec.interface,
    "kind": lambda spec: spec.kind,
    "desired_min_tx_us": lambda spec: str(spec.desired_min_tx_us),
    "desired_min_tx_ms": _milliseconds("desired_min_tx"),
    "required_min_rx_us": lambda spec: str(spec.required_min_rx_us),
    "required_min_rx_ms": _milliseconds("required_min_rx"),
    "detect_mult": lambda spec: str(spec.detect_mult),
    "passive": lambda spec: str(spec.passive).lower(),
}
"""What stands for what; each is a parameter of the session that the command is about."""


@dataclass(frozen=True, slots=True)
class Template:
    """A command line, split into words. `names` are its placeholders."""

    words: tuple[str, ...]
    names: frozenset[str]

    def says(self, field: str) -> bool:
        """Can the command express this field of a SessionSpec?"""
        return field in self.names or f"{field.removesuffix('_us')}_ms" in self.names

    def arguments(self, spec: SessionSpec) -> list[str]:
        """The words with values filled in. Raises LackError for a value that the command cannot take."""
        values = {name: PLACEHOLDERS[name](spec) for name in self.names}
        return [word.format_map(values) for word in self.words]


def parse_template(line: str) -> Template:
    """Raises ValueError, in one line, for an unknown placeholder, an unclosed quote or brace, or no command at all."""
    try:
        words = shlex.split(line)
        fields = [part for word in words for part in Formatter().parse(word)]
    except ValueError as error:
        raise ValueError(f"{line!r}: {str(error).lower()}") from None
    if not words:
        raise ValueError(f"{line!r}: allowed is a command line")
    names = set()
    for _, name, form, conversion in fields:
        if name is None:
            continue
        if name not in PLACEHOLDERS or form or conversion:
            raise ValueError(
                f"{line!r}: unknown placeholder {{{name}}}; allowed are {', '.join(PLACEHOLDERS)}; "
                "a brace that stands for itself is doubled"
            )
        names.add(name)
    return Template(tuple(words), frozenset(names))


def run(template: Template, spec: SessionSpec, *, what: str, limit_s: float) -> str:
    """Run the command and return what it printed. `what` begins each complaint.

    Raises NodeError when it cannot be started, takes longer than `limit_s` seconds, or ends with another status than 0
    (with the last line of its stderr); LackError as `Template.arguments` does.
    """
    arguments = template.arguments(spec)
    try:
        done = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=limit_s
        )
    except subprocess.TimeoutExpired:
        raise NodeError(f"{what}: no end within {limit_s:g} s") from None
    except (OSError, UnicodeDecodeError) as error:
        raise NodeError(f"{what}: {arguments[0]}: {getattr(error, 'strerror', None) or error}") from None
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise NodeError(f"{what}: {lines[-1] if lines else f'{arguments[0]} ends with {done.returncode} and no word'}")
    return done.stdout
