"""BIRD's control socket as a function: one command in, numbered lines out, refusals as exceptions.

It is a unix socket, so it needs no namespace, and several processes may ask at once: BIRD answers one after the other.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from topologies.node import NodeError

_TIMEOUT_S = 10.0
_GREETING_CODE = 1
_FIRST_ERROR = 8000
"""BIRD's reply codes: 0 succeeded, 1 to 2 are tables, 8 is a runtime error, 9 a syntax error (in thousands)."""


class RefusedError(NodeError):
    """BIRD answered, and refused. The message is its own line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an answer. `code` says what kind of line it is."""

    code: int
    text: str


class Control:
    """A way to one running BIRD."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def greeting(self) -> str:
        """What BIRD says to whoever connects. Raises NodeError when nobody answers."""
        return self._ask(None)[-1].text

    def run(self, command: str) -> list[Line]:
        """Give one command and return the answer. Raises RefusedError, and NodeError when there is no answer."""
        answer = self._ask(command)
        if answer[-1].code >= _FIRST_ERROR:
            raise RefusedError(answer[-1].text)
        return answer

    def _ask(self, command: str | None) -> list[Line]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT_S)
            try:
                connection.connect(str(self._path))
                with connection.makefile("r", encoding="utf-8", errors="replace") as answers:
                    answer = _read(answers.readline)
                    if answer[-1].code != _GREETING_CODE:
                        raise NodeError(f"{self._path} is not BIRD's: it says {answer[-1].text!r}")
                    if command is not None:
                        connection.sendall(f"{command}\n".encode())
                        answer = _read(answers.readline)
            except TimeoutError:
                raise NodeError(f"BIRD does not answer within {_TIMEOUT_S:g} s") from None
            except OSError as error:
                raise NodeError(f"cannot connect to BIRD's socket {self._path}: {error.strerror}") from None
        return answer


def _read(readline: Callable[[], str]) -> list[Line]:
    """Read one answer: lines `CODE-text`, ` text` where the code is that of the line before, and last `CODE text`."""
    answer: list[Line] = []
    while True:
        line = readline()
        head, separator, text = line[:4], line[4:5], line[5:].rstrip("\n")
        if line.startswith(" ") and answer:
            answer.append(Line(answer[-1].code, line[1:].strip()))
        elif head.isdecimal() and separator in {"-", " "}:
            answer.append(Line(int(head), text))
            if separator == " ":
                return answer
        else:
            raise NodeError(f"BIRD's answer is cut short or not BIRD's: {line.rstrip()!r}")
