"""`refbfdctl`, the client of the control socket. It imports little, and starts at once.

Must not live here: validation. The daemon judges values, so that file and command line have one set of rules.
"""

import argparse
import json
import socket
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

DEFAULT_SOCKET = "/run/refbfd/control.sock"
TIMEOUT_S = 5.0
WIDTH = 80

_ECHO_KEYS = ("transmit", "required_min_rx", "source")
_AUTH_FILE = "a JSON object with type, keys and send_key, as in the configuration of refbfd; - is standard input"

EXIT_REFUSED = 1
EXIT_UNREACHABLE = 3

_EPILOG = """\
Durations are integers with a unit us, ms or s, such as 300ms.

exit status:
  0  done
  1  the daemon refuses
  2  wrong usage
  3  no daemon answers
"""


def main() -> None:
    """Give one command and print what it yields."""
    parser = _parser()
    options = parser.parse_args()
    request = {
        key: value for key, value in vars(options).items() if key not in ("socket", "json") and value is not None
    }
    echo = {key: request.pop(f"echo_{key}") for key in _ECHO_KEYS if f"echo_{key}" in request}
    if echo:
        request["echo"] = echo
    if options.command == "set" and len(request) == len(("command", "name")):
        parser.error(
            "set: nothing to change; give --desired-min-tx, --required-min-rx, --detect-mult, --send-key or --echo-..."
        )
    if "auth" in request:
        request["auth"] = _read_auth(parser, request["auth"])
    try:
        _converse(options.socket, request, as_json=options.json)
    except TimeoutError:
        _exit(EXIT_UNREACHABLE, f"no answer on {options.socket} within {TIMEOUT_S:g} s")
    except OSError as error:
        _exit(EXIT_UNREACHABLE, f"no daemon on {options.socket}: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(0)  # the usual end of watch


def _read_auth(parser: argparse.ArgumentParser, path: str) -> object:
    """The document about authentication; what is in it may be secret, and is in no message."""
    where = "standard input" if path == "-" else path
    try:
        if path == "-":
            return json.load(sys.stdin)
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes longer to import than all the rest
            return json.load(file)
    except OSError as error:
        parser.error(f"{where} cannot be read: {error.strerror}")
    except ValueError:
        parser.error(f'{where}: allowed is a JSON object such as {{"type": ..., "keys": {{"1": ...}}, "send_key": 1}}')


def _converse(path: str, request: dict[str, Any], *, as_json: bool) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT_S)
        connection.connect(path)
        connection.sendall(json.dumps(request).encode() + b"\n")
        answers = _lines(connection)
        answer = next(answers)
        if not answer["ok"]:
            _exit(EXIT_REFUSED, answer["error"])
        if request["command"] == "show":
            one = "name" in request
            print(_show_as_json(answer["sessions"], one) if as_json else _show(answer["sessions"], one))
        if request["command"] == "watch":
            connection.settimeout(None)
            for change in answers:
                print(json.dumps(change) if as_json else _change(change), flush=True)


def _lines(connection: socket.socket) -> Iterator[dict[str, Any]]:
    """The daemon's objects. Raises ConnectionError when it hangs up."""
    with connection.makefile("rb") as stream:
        for line in stream:
            yield json.loads(line)
    raise ConnectionError("the daemon hung up")


def _exit(status: int, problem: str) -> NoReturn:
    print(f"refbfdctl: {problem}", file=sys.stderr)
    sys.exit(status)


# ---------------------------------------------------------------------- what people see


def _show_as_json(sessions: list[dict[str, Any]], one: bool) -> str:
    return json.dumps(sessions[0] if one else sessions, indent=2)


def _show(sessions: list[dict[str, Any]], one: bool) -> str:
    if one:
        flat = {key: value for key, value in sessions[0].items() if key != "counters"} | sessions[0]["counters"]
        return "\n".join(
            f"{key.removesuffix('_us').replace('_', ' '):22} {_plain(key, value)}" for key, value in flat.items()
        )
    heads = ("NAME", "PEER", "STATE", "REMOTE", "DIAG", "TX", "DETECTION")
    keys = ("name", "peer", "state", "remote_state", "local_diag", "transmit_interval_us", "detection_time_us")
    return _table([heads, *(tuple(_plain(key, session[key]) for key in keys) for session in sessions)])


def _plain(key: str, value: Any) -> str:
    return f"{value / 1000:g}ms" if key.endswith("_us") else str(value)


def _table(rows: list[tuple[str, ...]]) -> str:
    """Columns as wide as needed; the first, then the second, give way where 80 columns are not enough."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    excess = sum(widths) + 2 * (len(widths) - 1) - WIDTH
    for index, least in ((0, 8), (1, 15)):
        cut = max(0, min(excess, widths[index] - least))
        widths[index] -= cut
        excess -= cut
    return "\n".join("  ".join(map(_fit, row, widths)).rstrip() for row in rows)


def _fit(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}~"


def _change(change: dict[str, Any]) -> str:
    return f"{change['time']} {change['session']}: {change['old']} -> {change['new']}, diag {change['diag']}"


# ---------------------------------------------------------------------- what people type


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="refbfdctl",
        description="Command a running refbfd.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--socket", default=DEFAULT_SOCKET, help="control socket (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="show and watch print JSON")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    show = commands.add_parser("show", help="one session, or a table of all")
    show.add_argument("name", nargs="?", metavar="NAME")

    add = commands.add_parser("add", help="create a session, or share the one of the same path")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--peer", required=True, metavar="ADDRESS")
    add.add_argument("--local", required=True, metavar="ADDRESS")
    add.add_argument("--interface", metavar="NAME")
    add.add_argument("--type", required=True, metavar="TYPE", help="single_hop, multi_hop or another type of the file")
    _add_timers(add, required=True)
    add.add_argument("--passive", action="store_true", default=None, help="take the Passive role")
    add.add_argument("--demand", action="store_true", default=None, help="ask for Demand mode")
    add.add_argument("--control-plane-independent", action="store_true", default=None, help="set the C bit")
    add.add_argument("--min-ttl", metavar="NUMBER", type=int, help="least TTL of received packets (multi_hop)")
    add.add_argument("--point-to-point", action="store_true", default=None, help="the interface has one neighbour")
    add.add_argument("--dscp", metavar="NUMBER", type=int, help="only for this service level")
    add.add_argument("--padded-pdu-size", metavar="BYTES", type=int, help="fill packets up with zeros to this size")
    add.add_argument("--local-discriminator", metavar="NUMBER", type=int, help="signalled outside BFD")
    add.add_argument("--remote-discriminator", metavar="NUMBER", type=int, help="signalled outside BFD")
    _add_echo(add)
    add.add_argument("--echo-source", metavar="ADDRESS", help="of Echo packets; outside of the link's subnet")
    add.add_argument("--auth", metavar="FILE", help=f"authentication: {_AUTH_FILE}")

    keys = commands.add_parser("keys", help="other keys of the same type for a running session")
    keys.add_argument("name", metavar="NAME")
    keys.add_argument("auth", metavar="FILE", help=_AUTH_FILE)

    change = commands.add_parser("set", help="change parameters of a running session")
    change.add_argument("name", metavar="NAME")
    _add_timers(change, required=False)
    change.add_argument("--send-key", metavar="ID", type=int, help="send with another of the session's keys")
    _add_echo(change)

    _add_reports(commands)

    remove = commands.add_parser("remove", help="say AdminDown for a Detection Time, and forget the session")
    remove.add_argument("name", metavar="NAME")
    remove.add_argument("--at-once", action="store_true", default=None, help="say it once")

    commands.add_parser("watch", help="print changes of state until Ctrl-C")
    return parser


def _add_reports(commands: Any) -> None:
    """What an operator, or something that acts for one, tells a session while it runs."""
    admin = commands.add_parser("admin", help="enable (up) or disable (down) a session")
    admin.add_argument("name", metavar="NAME")
    admin.add_argument("state", choices=("up", "down"))

    demand = commands.add_parser("demand", help="ask for Demand mode (on), or no longer (off)")
    demand.add_argument("name", metavar="NAME")
    demand.add_argument("state", choices=("on", "off"))

    verify = commands.add_parser("verify", help="verify connectivity of an Up session with a Poll Sequence")
    verify.add_argument("name", metavar="NAME")

    hold = commands.add_parser("hold", help="keep a session that is Down from coming up (on), or let it (off)")
    hold.add_argument("name", metavar="NAME")
    hold.add_argument("state", choices=("on", "off"))

    path = commands.add_parser("path", help="report the state of a concatenated path to the far end")
    path.add_argument("name", metavar="NAME")
    path.add_argument("state", choices=("up", "down", "reverse-down"), help="reverse-down: failed away from here")

    reset = commands.add_parser("reset-forwarding", help="report a reset of the local forwarding plane")
    reset.add_argument("name", metavar="NAME")

    congestion = commands.add_parser("congestion", help="report congestion (on: halve the load), or its end (off)")
    congestion.add_argument("name", metavar="NAME")
    congestion.add_argument("state", choices=("on", "off"))


def _add_echo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--echo-transmit", metavar="DURATION", help="send Echo packets; 0ms: do not")
    parser.add_argument("--echo-required-min-rx", metavar="DURATION", help="loop Echo packets back; 0ms: do not")


def _add_timers(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--desired-min-tx", required=required, metavar="DURATION")
    parser.add_argument("--required-min-rx", required=required, metavar="DURATION")
    parser.add_argument("--detect-mult", required=required, metavar="NUMBER", type=int)


if __name__ == "__main__":
    main()
