"""vtysh as a function: commands in, JSON answers out, refusals as exceptions.

It speaks over the unix sockets of one instance, so it needs no namespace and several processes may call it at once:
a daemon carries out one command after the other, and each command stands for itself.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from topologies.errors import LabError
from topologies.node import NodeError
from topologies.place import Place, run

_REMARKS = ("% Echo mode works correctly for IPv4",)
"""How lines begin that look like refusals, though the command was obeyed."""
_IN_FILE = re.compile(r"^line \d+: (% Unknown command)\[\d+\]: *")
"""How a refusal begins where commands come from a file."""


class VtyshError(NodeError):
    """A daemon refused a command, or did not answer. The message is the daemon's own line."""


class Vtysh:
    """A way to one daemon of one instance. The place's folder holds the instance's vty sockets and its vtysh.conf."""

    def __init__(self, place: Place, program: str, daemon: str = "bfdd") -> None:
        folder = str(place.folder)
        self._place = place
        # Without a configuration folder of its own vtysh reads the host's, which has nothing to do with this instance.
        self._command = [program, "--config_dir", folder, "--vty_socket", folder, "-d", daemon]

    def run(self, commands: Sequence[str]) -> str:
        """Give the commands in one call and return what was printed, remarks left out; the first refusal ends the call.

        Raises VtyshError. The exit status alone does not tell: some refusals are only printed.
        """
        return self._run([word for command in commands for word in ("-c", command)])

    def read(self, file: Path) -> None:
        """Give the lines of a file, which may hold secrets: a refusal tells of none. Raises VtyshError."""
        try:
            self._run(["-f", str(file)])
        except VtyshError as error:
            line = re.sub(r"(key-string).*", r"\1 ...", str(error))
            raise VtyshError(line) from None

    def _run(self, arguments: Sequence[str]) -> str:
        argv = [*self._command, *arguments]
        try:
            done = run(self._place, argv)
        except LabError as error:
            raise VtyshError(str(error)) from None
        lines = (done.stdout + done.stderr).strip().splitlines()
        lines = [_IN_FILE.sub(r"\1: ", line) for line in lines]
        refusals = [line for line in lines if line.startswith("%") and not line.startswith(_REMARKS)]
        if refusals:
            raise VtyshError(refusals[0])
        if done.returncode != 0:
            raise VtyshError(lines[-1] if lines else f"vtysh ends with {done.returncode} and no word")
        return "".join(line for line in done.stdout.splitlines(keepends=True) if not line.startswith(_REMARKS))


def last_json(text: str) -> dict[str, Any]:
    """The last JSON object printed by a series of `show ... json`, each of which prints one. Raises VtyshError."""
    decoder = json.JSONDecoder()
    rest, last = text.strip(), None
    try:
        while rest:
            last, end = decoder.raw_decode(rest)
            rest = rest[end:].lstrip()
    except json.JSONDecodeError:
        raise VtyshError(f"not JSON: {rest.splitlines()[0]!r}") from None
    if not isinstance(last, dict):
        raise VtyshError("no JSON object in the answer")
    return last
