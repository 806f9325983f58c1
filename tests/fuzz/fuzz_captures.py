"""A fuzz target over the fast reader: whatever a file holds, there are packets, a warning or one line of refusal.

    pip install -e '.[fuzz]'
    python tests/fuzz/fuzz_captures.py -max_total_time=60 [a folder of inputs to begin with]

Options are those of libFuzzer. It leaves an input that broke something in a file, and ends with a traceback.
"""

import gzip
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["captures"]):
    from captures.fast import read_fast
    from captures.read import CaptureError
    from captures.table import to_packets

sys.path.insert(0, str(Path(__file__).parents[1] / "captures"))

_SIZE = 1 << 16


def seeds(folder: Path) -> None:
    """Whole captures to begin with, a frame or a block of each kind in them."""
    from bfd_frames import A6, B6, control, datagram, ethernet  # noqa: PLC0415  found by the path above
    from containers import enhanced, interface, obsolete, pcap, pcapng, section, simple  # noqa: PLC0415
    from odd_frames import odd_frames  # noqa: PLC0415

    for number, frame in enumerate(odd_frames().values()):
        pcap(folder / f"{number}.pcap", [frame], order="<>"[number % 2], nano=number % 3 == 0)
    frame = ethernet(datagram(control()))
    pcap(folder / "raw.pcap", [bytes(datagram(control(), A6, B6))], link_type=101)
    pcap(folder / "many.pcap", [frame] * 9)
    for order in "<>":
        blocks = [section(order), interface(order, "eth0", resolution=9), simple(order, frame)]
        blocks += [enhanced(order, 0, 5, frame)] * 7 + [obsolete(order, 0, 5, frame), *blocks[:2]]
        pcapng(folder / f"{ord(order)}.pcapng", blocks)
    (folder / "many.pcap.gz").write_bytes(gzip.compress((folder / "many.pcap").read_bytes()))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        corpus, path = Path(name) / "corpus", Path(name) / "x"
        corpus.mkdir()
        seeds(corpus)

        def one(data: bytes) -> None:
            path.write_bytes(data)
            try:
                for chunk in read_fast(path, chunk_packets=100):
                    for _ in to_packets(chunk):
                        pass
            except CaptureError as error:
                assert "\n" not in str(error)

        atheris.Setup([*sys.argv, f"-max_len={_SIZE}", str(corpus)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
