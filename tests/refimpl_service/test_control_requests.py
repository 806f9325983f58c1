"""Requests that the daemon refuses, without any session or socket."""

import asyncio
import json
from typing import Any

import pytest

from refimpl.service.control import answer
from refimpl.service.system import System

ADD = {"command": "add", "name": "r1", "peer": "10.0.0.2", "local": "10.0.0.1"}

REFUSED = {
    "not JSON": ("show", "not a line of JSON: "),
    "not an object": ("[1]", "command: None: allowed is show, add, set, keys, admin, demand, verify, hold, path, "),
    "no command": ("{}", "command: None: allowed is show, add"),
    "unknown command": ('{"command": "stop"}', "command: 'stop': allowed is show, add"),
    "command of another type": ('{"command": ["show"]}', "command: ['show']: allowed is show, add"),
    "unknown name, show": ({"command": "show", "name": "r9"}, "no session 'r9'; there are: none"),
    "unknown name, set": ({"command": "set", "name": "r9", "detect_mult": 5}, "no session 'r9'; there are: none"),
    "unknown name, admin": ({"command": "admin", "name": "r9", "state": "down"}, "no session 'r9'"),
    "unknown name, remove": ({"command": "remove", "name": "r9"}, "no session 'r9'"),
    "unknown name, demand": ({"command": "demand", "name": "r9", "state": "on"}, "no session 'r9'; there are: none"),
    "unknown name, verify": ({"command": "verify", "name": "r9"}, "no session 'r9'; there are: none"),
    "bad demand": ({"command": "demand", "name": "r9", "state": "up"}, "state: 'up': allowed is on or off"),
    "demand that is no truth": (ADD | {"demand": "on"}, "demand: 'on': allowed is true or false"),
    "bad hold": ({"command": "hold", "name": "r9", "state": "down"}, "state: 'down': allowed is on or off"),
    "bad path": ({"command": "path", "name": "r9", "state": "6"}, "state: '6': allowed is up, down or reverse-down"),
    "bad congestion": ({"command": "congestion", "name": "r9", "state": 2}, "state: 2: allowed is on or off"),
    "unknown name, hold": ({"command": "hold", "name": "r9", "state": "on"}, "no session 'r9'"),
    "unknown name, path": ({"command": "path", "name": "r9", "state": "down"}, "no session 'r9'"),
    "unknown name, reset": ({"command": "reset-forwarding", "name": "r9"}, "no session 'r9'"),
    "unknown name, congestion": ({"command": "congestion", "name": "r9", "state": "on"}, "no session 'r9'"),
    "unknown name, remove at once": ({"command": "remove", "name": "r9", "at_once": True}, "no session 'r9'"),
    "bad haste": ({"command": "remove", "name": "r9", "at_once": 1}, "at_once: 1: allowed is true or false"),
    "bad TTL": (ADD | {"type": "multi_hop", "min_ttl": 256}, "min_ttl: 256: allowed is an integer from 0 (any TTL)"),
    "TTL of a single hop": (ADD | {"min_ttl": 255}, "min_ttl 255 is for multi_hop; over a single hop it is always 255"),
    "bad C bit": (ADD | {"control_plane_independent": 1}, "control_plane_independent: 1: allowed is true or false"),
    "bad name": ({"command": "show", "name": "r 9"}, "name: 'r 9': allowed is 1 to 63 printable"),
    "bad state": ({"command": "admin", "name": "r9", "state": "off"}, "state: 'off': allowed is up or down"),
    "bad duration": (
        {"command": "set", "name": "r9", "desired_min_tx": "300"},
        "desired_min_tx: '300': allowed is an integer with a unit us, ms or s",
    ),
    "zero duration": ({"command": "set", "name": "r9", "desired_min_tx": "0s"}, "desired_min_tx: '0s': allowed"),
    "bad multiplier": (
        {"command": "set", "name": "r9", "detect_mult": 0},
        "detect_mult: 0: allowed is an integer from 1",
    ),
    "bad send key": (
        {"command": "set", "name": "r9", "send_key": 256},
        "send_key: 256: allowed is the ID of one of the keys, 0 to 255",
    ),
    "unknown name, send key": ({"command": "set", "name": "r9", "send_key": 1}, "no session 'r9'; there are: none"),
    "key without a source": (
        ADD | {"auth": {"type": "keyed_sha1", "keys": {"1": "s3cr3t"}, "send_key": 1}},
        "auth.keys: key 1: allowed is one of env:..., file:..., hex:..., text:...",
    ),
    "keys without a source": (
        {"command": "keys", "name": "r9", "auth": {"type": "keyed_sha1", "keys": {"1": "s3cr3t"}, "send_key": 1}},
        "auth.keys: key 1: allowed is one of env:..., file:..., hex:..., text:...",
    ),
    "keys that are none": ({"command": "keys", "name": "r9", "auth": "s3cr3t"}, "auth: allowed is a mapping with the"),
    "unknown name, keys": (
        {"command": "keys", "name": "r9", "auth": {"type": "keyed_sha1", "keys": {"1": "text:k"}, "send_key": 1}},
        "no session 'r9'; there are: none",
    ),
    "two problems": (ADD | {"peer": "x", "local": "y"}, "peer: 'x': allowed is a unicast IPv4 or IPv6 address"),
    "families": (ADD | {"local": "fd00::1"}, "peer 10.0.0.2 and local fd00::1 must be of the same address family"),
    "unknown key": (ADD | {"multiplier": 3}, "multiplier: unknown key; allowed are name, peer"),
    "address that is not here": (ADD | {"local": "203.0.113.1"}, "session 'r1': cannot send from 203.0.113.1: not an"),
}


def ask(request: str | dict[str, Any]) -> dict[str, Any]:
    async def asked() -> dict[str, Any]:
        system = System()
        line = request if isinstance(request, str) else json.dumps(request)
        _, reply = answer(system, line.encode())
        system.close()
        return reply

    return asyncio.run(asked())


@pytest.mark.parametrize(("request_line", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_is_one_line_that_says_why(request_line: str | dict[str, Any], expected: str) -> None:
    reply = ask(request_line)
    assert reply["ok"] is False
    assert reply["error"].startswith(expected)
    assert "\n" not in reply["error"]


def test_a_daemon_without_sessions_shows_none() -> None:
    assert ask({"command": "show"}) == {"ok": True, "sessions": []}
