"""The tools of Open vSwitch as functions, for one instance: transactions in, answers out, refusals as exceptions.

They speak over unix sockets in the instance's folder. Several processes may call them at once: the database takes one
transaction after the other, and ovs-vsctl ends when the switch has carried its own out.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from topologies.errors import LabError
from topologies.node import NodeError
from topologies.place import Place, run

_PATIENCE = "--timeout=8"
"""Seconds after which a tool gives up by itself, and says so."""


class SwitchError(NodeError):
    """A tool was refused, or got no answer. The message is Open vSwitch's own line."""


class Switch:
    """A way to one instance. `programs` are the paths of its tools in the place, by their names."""

    def __init__(self, place: Place, programs: Mapping[str, str]) -> None:
        self._place = place
        self._vsctl = [programs["ovs-vsctl"], f"--db=unix:{database(place)}", _PATIENCE]
        self._appctl = [programs["ovs-appctl"], f"--target={control(place)}", _PATIENCE]

    def configure(self, *words: str) -> str:
        """Give ovs-vsctl one transaction, and return what it printed. Raises SwitchError."""
        done = self._run([*self._vsctl, *words])
        lines = [line.removeprefix("ovs-vsctl: ") for line in done.stderr.splitlines()]
        # The exit status does not tell of a port that could not be set up.
        trouble = [line for line in lines if line.startswith("Error")]
        if done.returncode != 0 or trouble:
            raise SwitchError((trouble or lines or [f"ovs-vsctl ends with {done.returncode} and no word"])[-1])
        return done.stdout

    def ask(self, *words: str) -> str:
        """Give ovs-vswitchd one command, and return its answer. Raises SwitchError."""
        done = self._run([*self._appctl, *words])
        if done.returncode != 0:
            lines = done.stderr.splitlines()
            raise SwitchError(lines[0] if lines else f"ovs-appctl ends with {done.returncode} and no word")
        return done.stdout

    def bfd(self, interface: str) -> dict[str, str]:
        """The configuration of BFD on a port; empty where there is none, or no such port. Raises SwitchError."""
        words = ["--format=json", "--columns=bfd", "--if-exists", "list", "interface", interface]
        return {key: value for ((_, pairs),) in json.loads(self.configure(*words))["data"] for key, value in pairs}

    def _run(self, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        try:
            return run(self._place, argv)
        except LabError as error:
            raise SwitchError(str(error)) from None


def database(place: Place) -> Path:
    """The socket of ovsdb-server."""
    return place.folder / "db.sock"


def control(place: Place) -> Path:
    """The socket of ovs-vswitchd."""
    return place.folder / "ovs-vswitchd.ctl"
