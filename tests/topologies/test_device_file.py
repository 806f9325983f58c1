"""Device files: what they may say, and what is said about those that cannot be used."""

from pathlib import Path

import pytest

from topologies.node import AuthSpec, Capability, Key, SessionSpec
from topologies.nodes.device.description import DeviceError, load_device
from topologies.nodes.device.node import DeviceNode

BY_HAND = """\
name: router
tester: {interface: eth1, ipv4: 192.0.2.1/24}
target: {ipv4: 192.0.2.2}
sessions:
  - peer: 192.0.2.1
"""

COMMANDED = """\
name: router
tester: {interface: eth1, ipv4: 192.0.2.1/24}
target: {ipv4: 192.0.2.2, interface: ge-0/0/1}
commands:
  add_session: "ssh router 'bfd {peer} {interface} {desired_min_tx_ms} {required_min_rx_us} {detect_mult}'"
  remove_session: "ssh router 'no bfd {peer}'"
"""

SECRET = b"do not tell"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BFD_KEY", SECRET.decode())
    (tmp_path / "key").write_bytes(SECRET + b"\n")
    return tmp_path


def write(text: str) -> Path:
    path = Path("router.yaml")
    path.write_text(text, encoding="utf-8")
    return path


def refusal(text: str) -> str:
    with pytest.raises(DeviceError) as raised:
        load_device(write(text))
    message = str(raised.value)
    assert "\n" not in message
    assert message.startswith("router.yaml: ")
    return message.removeprefix("router.yaml: ")


@pytest.mark.usefixtures("folder")
def test_the_shortest_file_means_the_usual_session() -> None:
    device = load_device(write(BY_HAND))
    assert device.specs() == (SessionSpec("by-hand-1", "192.0.2.1", "192.0.2.2", ""),)
    assert device.families == [4]


@pytest.mark.usefixtures("folder")
def test_everything_that_a_session_may_say() -> None:
    session = (
        "  - {peer: 192.0.2.9, local: 198.51.100.7, kind: multi_hop, desired_min_tx: 1s, required_min_rx: 50000us, "
        "detect_mult: 1, passive: true, "
        "auth: {type: keyed_sha1, keys: {1: 'env:BFD_KEY', 7: 'file:key'}, send_key: 7}}\n"
    )
    spec = load_device(write(BY_HAND + session)).specs()[1]
    assert spec == SessionSpec(
        "by-hand-2",
        "192.0.2.9",
        "198.51.100.7",
        "",
        kind="multi_hop",
        desired_min_tx_us=1_000_000,
        required_min_rx_us=50_000,
        detect_mult=1,
        passive=True,
        auth=AuthSpec(4, (Key(1, SECRET), Key(7, SECRET)), 7),
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (BY_HAND, {Capability.IPV4}),
        (
            COMMANDED,
            {Capability.IPV4, Capability.SESSIONS, Capability.DETECT_MULT_ONE, Capability.ZERO_MIN_RX},
        ),
        (
            BY_HAND + "commands: {set_timers: 'set {detect_mult}', admin_down: d, admin_up: u, show: s}\n",
            {Capability.IPV4, Capability.CHANGE_MULT, Capability.ADMIN_DOWN, Capability.SHOW},
        ),
        (
            BY_HAND + "    auth: {type: keyed_md5, keys: {1: 'env:BFD_KEY', 2: 'file:key'}, send_key: 1}\n",
            {Capability.IPV4, Capability.AUTH_KEYED_MD5, Capability.AUTH_SEVERAL_KEYS},
        ),
        (COMMANDED + "lacks: {detect_mult_one: it begins at 2, zero_required_min_rx: never}\n", {"ipv4", "sessions"}),
    ],
)
def test_what_is_offered_follows_from_the_file(text: str, offered: set[Capability]) -> None:
    node = DeviceNode(load_device(write(text)))
    assert set(Capability) - set(node.lacks) == offered


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: router", "name: ../router", "name: '../router': allowed is 1 to 40 letters"),
        ("name: router\n", "", "name: is missing; allowed is 1 to 40 letters"),
        ("name: router", "nane: router", "name: is missing"),
        ("name: router", "name: router\nspeed: 9", "speed: unknown key; allowed are name, description"),
        (
            "ipv4: 192.0.2.1/24",
            "ipv4: 192.0.2.1",
            "tester.ipv4: '192.0.2.1': allowed is an IPv4 address with its prefix",
        ),
        ("ipv4: 192.0.2.1/24", "ipv4: 2001:db8::1/64", "tester.ipv4: '2001:db8::1/64': allowed is an IPv4 address"),
        ("eth1, ipv4: 192.0.2.1/24", "eth1", "tester.ipv4 and target.ipv4: allowed are both or neither"),
        ("interface: eth1", "interface: a name", "tester.interface: 'a name': allowed is the name of an interface"),
        ("interface: eth1, ", "", "tester.interface: is missing; allowed is the name of an interface"),
        ("eth1, ipv4", "eth1, mac: 1, ipv4", "tester.mac: unknown key; allowed are interface, namespace, ipv4, ipv6"),
        ("{ipv4: 192.0.2.2}", "{ipv4: 192.0.2.1}", "target.ipv4: 192.0.2.1: that is the tester's"),
        (
            "{ipv4: 192.0.2.2}",
            "{ipv4: 198.51.100.2}",
            "target.ipv4: 198.51.100.2: allowed is an address in 192.0.2.0/24",
        ),
        ("{ipv4: 192.0.2.2}", "{ipv4: 224.0.0.1}", "target.ipv4: '224.0.0.1': allowed is a unicast IPv4 address"),
        ("{ipv4: 192.0.2.2}", "{ipv4: 192.0.2.2, mac: me}", "target.mac: 'me': allowed is a MAC address"),
        ("{ipv4: 192.0.2.2}", "192.0.2.2", "target: '192.0.2.2': allowed is a mapping with the keys ipv4, ipv6"),
        ("sessions:\n  - peer: 192.0.2.1\n", "", "sessions and commands.add_session: allowed is exactly one of them"),
        (
            "- peer: 192.0.2.1",
            "- peer: 2001:db8::1",
            "sessions[0].peer: 2001:db8::1: allowed is an address of the tester",
        ),
        ("- peer: 192.0.2.1", "- peer: 198.51.100.1", "sessions[0].peer: 198.51.100.1: allowed is an address of"),
        (
            "- peer: 192.0.2.1",
            "- local: 192.0.2.2",
            "sessions[0].peer: is missing; allowed is an address of the tester",
        ),
        (
            "- peer: 192.0.2.1",
            "- {peer: 192.0.2.1}\n  - {peer: 192.0.2.1}",
            "sessions[1]: the same kind, peer and local",
        ),
        (
            "- peer: 192.0.2.1",
            "- {peer: 192.0.2.1, detect_mult: 0}",
            "sessions[0].detect_mult: 0: allowed is an integer",
        ),
        (
            "- peer: 192.0.2.1",
            "- {peer: 192.0.2.1, desired_min_tx: 300}",
            "sessions[0].desired_min_tx: 300: allowed is",
        ),
        ("- peer: 192.0.2.1", "- {peer: 192.0.2.1, desired_min_tx: 0ms}", "sessions[0].desired_min_tx: '0ms': allowed"),
        ("- peer: 192.0.2.1", "- {peer: 192.0.2.1, required_min_rx: 4295s}", "sessions[0].required_min_rx: '4295s': "),
        (
            "- peer: 192.0.2.1",
            "- {peer: 192.0.2.1, kind: vxlan}",
            "sessions[0].kind: 'vxlan': allowed is single_hop or",
        ),
        ("sessions:", "lacks: {speed: x}\nsessions:", "lacks: 'speed': allowed is a mapping of reasons by capability"),
        (
            "sessions:",
            "commands: {admin_up: x}\nsessions:",
            "commands: admin_down and admin_up: allowed are both or neither",
        ),
        (
            "sessions:",
            "commands: {show: 'a {b}'}\nsessions:",
            "commands.show: 'a {b}': unknown placeholder {b}; allowed",
        ),
        ("sessions:", "commands: {show: 'a {peer.x}'}\nsessions:", "commands.show: 'a {peer.x}': unknown placeholder"),
        ("sessions:", "commands: {show: 'a {peer!r}'}\nsessions:", "commands.show: 'a {peer!r}': unknown placeholder"),
        ("sessions:", 'commands: {show: "a \'b"}\nsessions:', 'commands.show: "a \'b": no closing quotation'),
        ("sessions:", "commands: {show: 'a {'}\nsessions:", "commands.show: 'a {': "),
        ("sessions:", "commands: {show: ' '}\nsessions:", "commands.show: ' ': allowed is a command line"),
        ("sessions:", "commands: {show: [a]}\nsessions:", "commands.show: allowed is a command line"),
        ("sessions:", "commands: {reboot: x}\nsessions:", "commands.reboot: unknown key; allowed are add_session"),
        (
            "sessions:",
            "commands: {show: '{interface}'}\nsessions:",
            "commands.show: {interface}: allowed where there is",
        ),
        (
            "sessions:",
            "command_time_limit: 0s\nsessions:",
            "command_time_limit: '0s': allowed is an integer with a unit",
        ),
        (BY_HAND, "- 1\n", "a list: allowed is a mapping with the keys name"),
        (BY_HAND, "", "None: allowed is a mapping with the keys name"),
        (BY_HAND, "a: [", "not YAML: while parsing"),
    ],
)
def test_a_file_that_cannot_be_used(old: str, new: str, said: str) -> None:
    assert BY_HAND.count(old) == 1
    assert refusal(BY_HAND.replace(old, new)).startswith(said)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("auth", "said"),
    [
        ("{type: keyed_md4, keys: {1: 'env:BFD_KEY'}, send_key: 1}", ".type: 'keyed_md4': allowed is simple_password"),
        (
            "{type: keyed_md5, keys: {1: 'do not tell'}, send_key: 1}",
            '.keys: key 1: allowed is "env:NAME" or "file:PATH"',
        ),
        ("{type: keyed_md5, keys: {300: 'env:BFD_KEY'}, send_key: 1}", ".keys: allowed are key IDs from 0 to 255"),
        ("{type: keyed_md5, keys: 'do not tell', send_key: 1}", ".keys: allowed is a mapping of key IDs"),
        (
            "{type: keyed_md5, keys: {1: 'env:NOBODY'}, send_key: 1}",
            ".keys: key 1: the environment variable NOBODY is not",
        ),
        (
            "{type: keyed_md5, keys: {1: 'file:none'}, send_key: 1}",
            ".keys: key 1: the file none cannot be read: No such",
        ),
        (
            "{type: keyed_md5, keys: {1: 'file:long'}, send_key: 1}",
            ": key 1: 17 bytes; allowed are 1 to 16 with keyed_md5",
        ),
        ("{type: keyed_md5, keys: {1: 'env:BFD_KEY'}, send_key: 2}", ": send_key: 2: allowed is 1"),
        ("do not tell", ": 'do not tell': allowed is a mapping with the keys type, keys, send_key"),
    ],
)
def test_keys_that_cannot_be_used_are_not_told(auth: str, said: str) -> None:
    Path("long").write_bytes(b"do not tell " + bytes(5))
    message = refusal(f"{BY_HAND}    auth: {auth}\n")
    assert message.startswith(f"sessions[0].auth{said}")
    assert auth == "do not tell" or SECRET.decode() not in message


@pytest.mark.usefixtures("folder")
def test_keys_stay_out_of_reprs() -> None:
    device = load_device(write(BY_HAND + "    auth: {type: keyed_md5, keys: {1: 'env:BFD_KEY'}, send_key: 1}\n"))
    assert SECRET.decode() not in repr(device) + repr(device.specs())


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_not_there() -> None:
    with pytest.raises(DeviceError, match=r"^nosuch\.yaml: cannot be read: No such file or directory$"):
        load_device(Path("nosuch.yaml"))


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_no_text() -> None:
    Path("router.yaml").write_bytes(b"name: \xff")
    with pytest.raises(DeviceError, match=r"^router\.yaml: byte 6 is not UTF-8$"):
        load_device(Path("router.yaml"))
