"""Measure how fast captures are read and verified, beside tshark, on the same generated file, in one run.

    python benchmarks/captures.py [--packets N] [--conversations C] [--rounds R] [--large N] [--json F] [--page F]

Every measurement is a process of its own, from its start to its end; rounds of all are interleaved, so that what else
the machine does meets them all alike, and the best round counts. Exit code 1 where a bar is missed.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

RATIO_BAR = 25
"""Of a long capture: a short one is over before the start has paid off."""
VERIFY_BAR_S, MEMORY_BAR_MB = 2.0, 500
REFERENCE_RATE = 40_000
"""Packets per second that tshark dissects where VERIFY_BAR_S holds; another machine is given more or less."""
LINEAR_BAR = 1.3
"""Of the time per packet in a file ten times as large."""

_READ = """
import sys
from pathlib import Path
from captures.fast import read_fast
print(sum(len(chunk.packets) for chunk in read_fast(Path(sys.argv[1]))))
"""
_GENERATOR = Path(__file__).with_name("capture_file.py")
_FIELDS = (
    *("frame.number", "frame.time_epoch", "ip.src", "ip.dst", "ip.ttl", "udp.srcport", "udp.dstport", "udp.length"),
    *("bfd.version", "bfd.diag", "bfd.flags", "bfd.detect_time_multiplier", "bfd.message_length"),
    *("bfd.my_discriminator", "bfd.your_discriminator", "bfd.desired_min_tx_interval"),
    *("bfd.required_min_rx_interval", "bfd.required_min_echo_interval"),
)
_FINDINGS = 1
"""How `bfdspec verify` ends when something was found; that is not what is measured."""

Command = Callable[[Path], list[str]]


def _fast(path: Path) -> list[str]:
    return [sys.executable, "-c", _READ, str(path)]


def _verify(path: Path) -> list[str]:
    return [str(Path(sys.executable).with_name("bfdspec")), "verify", "--engine", "fast", str(path)]


def _tshark(path: Path) -> list[str]:
    return ["tshark", "-n", "-r", str(path), "-T", "fields", *[word for name in _FIELDS for word in ("-e", name)]]


@dataclass
class Measured:
    """A command on a file: seconds of every round, and the most memory of any."""

    what: str
    packets: int
    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)
    megabytes: int = 0

    @property
    def best(self) -> float:
        """Seconds of the best round."""
        return min(self.seconds)

    @property
    def rate(self) -> float:
        """Packets per second in it."""
        return self.packets / self.best

    def run(self, command: Sequence[str]) -> None:
        """One more round. Raises subprocess.CalledProcessError."""
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds.append(time.perf_counter() - start)
        self.processor_seconds.append(usage.ru_utime + usage.ru_stime)
        self.megabytes = max(self.megabytes, usage.ru_maxrss // 1024)
        if process.returncode not in (0, _FINDINGS):
            raise subprocess.CalledProcessError(process.returncode, command)


def measure(given: argparse.Namespace, folder: Path) -> list[Measured]:
    """Read and verify by the fast reader, dissect by tshark; then the first two on the large file."""
    kinds: dict[str, Command] = {"fast reader": _fast, "bfdspec verify": _verify}
    dissector: dict[str, Command] = {"tshark -T fields": _tshark} if shutil.which("tshark") else {}
    results = []
    for packets, commands in ((given.packets, kinds | dissector), (given.large, kinds)):
        if not packets:
            continue
        path = folder / f"{packets}.pcapng"
        print(f"writing {packets:,} packets of {given.conversations:,} conversations", file=sys.stderr)
        # A process of its own: the memory of the one that starts a process would count as that of what is measured.
        numbers = {"packets": packets, "conversations": given.conversations, "seed": given.seed}
        options = [word for name, value in numbers.items() for word in (f"--{name}", str(value))]
        subprocess.run([sys.executable, str(_GENERATOR), str(path), *options], check=True)
        measured = {name: Measured(name, packets) for name in commands}
        for number in range(given.rounds):
            for name, command in commands.items():
                measured[name].run(command(path))
                print(f"round {number + 1}: {name}: {measured[name].seconds[-1]:.2f} s", file=sys.stderr)
        path.unlink()
        results += measured.values()
    return results


@dataclass
class Bar:
    """What was to be reached, and what was."""

    what: str
    bar: str
    measured: str
    reached: bool


def bars(results: Sequence[Measured]) -> list[Bar]:
    """The bars that these results can tell of."""
    by_name: dict[str, list[Measured]] = {}
    for each in results:
        by_name.setdefault(each.what, []).append(each)
    read, verified = by_name["fast reader"], by_name["bfdspec verify"]
    found = []
    first, allowed_s = verified[0], VERIFY_BAR_S
    for each in by_name.get("tshark -T fields", []):
        for name, ours in (("verifies", verified[-1]), ("reads", read[-1])):
            ratio = ours.rate / each.rate
            text = f"{name} {ours.packets:,} packets, so many times as fast as tshark dissects {each.packets:,}"
            found.append(Bar(text, f"at least {RATIO_BAR}", f"{ratio:.1f}", ratio >= RATIO_BAR))
        allowed_s *= REFERENCE_RATE / each.rate
    text = f"{first.packets:,} packets verified end to end"
    bar = f"under {VERIFY_BAR_S:g} s where tshark dissects {REFERENCE_RATE:,} packets/s; here that is {allowed_s:.2f} s"
    found.append(Bar(text, bar, f"{first.best:.2f} s", first.best < allowed_s))
    memory = max(each.megabytes for each in (*read, *verified))
    found.append(Bar("memory, whatever the size", f"under {MEMORY_BAR_MB} MB", f"{memory} MB", memory < MEMORY_BAR_MB))
    for name, pair in (("read", read), ("verified", verified)):
        if len(pair) > 1:
            growth = pair[0].rate / pair[1].rate
            text = f"time per packet, {pair[1].packets:,} against {pair[0].packets:,} {name}"
            found.append(Bar(text, f"at most {LINEAR_BAR} times", f"{growth:.2f} times", growth <= LINEAR_BAR))
    return found


def page(results: Sequence[Measured], found: Sequence[Bar], conversations: int) -> str:
    """The page of documentation."""
    slowest = min(each.rate for each in results)
    rows = [
        f"| {each.what} | {each.packets:,} | {each.best:.2f} | {min(each.processor_seconds):.2f} | {each.rate:,.0f} "
        f"| {each.rate / slowest:.1f} | {each.megabytes} MB |"
        for each in results
    ]
    reached = [f"| {each.what} | {each.bar} | {each.measured} | {'✓' if each.reached else '✗'} |" for each in found]
    return _PAGE.format(
        conversations=f"{conversations:,}", machine=machine(), rows="\n".join(rows), bars="\n".join(reached)
    )


_PAGE = """# Benchmarks

## Captures

```sh
python benchmarks/captures.py --json out/captures.json --page docs/benchmarks.md
```

generates captures of {conversations} conversations (`benchmarks/capture_file.py`: handshakes, Poll Sequences,
packets with jitter, 66-byte frames in pcapng), and reads, verifies and dissects them side by side. Every measurement is
a process from its start to its end, and the best of the rounds counts. Where the processor's own seconds are much fewer
than those of the clock, something else was running, too.

A start takes its time (Python, numpy), and so does each conversation: short files have fewer packets per second.

Measured on {machine}.

| what | packets | seconds | processor's | packets per second | times the slowest | most memory |
|---|---:|---:|---:|---:|---:|---:|
{rows}

| bar | to be reached | measured | |
|---|---|---|---|
{bars}
"""


def machine() -> str:
    """Processor, cores, load, versions: what a figure means nothing without."""
    about = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next((line for line in about.splitlines() if "model name" in line), "")
    tshark = ""
    if shutil.which("tshark"):
        told = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=False).stdout
        tshark = "".join(re.findall(r"\d+\.\d+\.\d+", told)[:1])
    return ", ".join(
        [
            model.partition(":")[2].strip() or platform.machine(),
            f"{os.cpu_count()} cores",
            f"load {os.getloadavg()[0]:.1f}",
            f"Python {platform.python_version()}",
            f"tshark {tshark or 'none'}",
        ]
    )


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=10_000_000, help="packets of the large file; 0 leaves it out")
    parser.add_argument("--conversations", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="all figures, for programs")
    parser.add_argument("--page", type=Path, help="the page of documentation")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = measure(given, Path(folder))
    found = bars(results)
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        content = {"machine": machine(), "results": [*map(asdict, results)], "bars": [*map(asdict, found)]}
        given.json.write_text(json.dumps(content, indent=2) + "\n")
    if given.page:
        given.page.write_text(page(results, found, given.conversations))
    for each in found:
        print(f"{'✓' if each.reached else '✗'} {each.what}: {each.measured} ({each.bar})")
    return 0 if all(each.reached for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
