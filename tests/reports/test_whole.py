"""Files that are written whole, or go where no file is."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from reports.whole import replace


def hello(path: Path) -> None:
    path.write_text("hello\n", encoding="utf-8")


def test_a_link_goes_on_pointing_to_the_file(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old", encoding="utf-8")
    link.symlink_to(file)
    replace(link, hello)
    assert link.is_symlink() and file.read_text(encoding="utf-8") == "hello\n"


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    replace(pipe, hello)
    reader.join()
    assert heard == ["hello\n"] and pipe.is_fifo() and list(tmp_path.iterdir()) == [pipe]


def test_standard_output_gets_the_file_after_what_it_had(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = (
        "from pathlib import Path; from reports.whole import replace\nreplace(Path({}), lambda p: p.write_text({}))"
    )
    with out.open("w", encoding="utf-8") as stream:
        for path, text in (("-", "one\n"), ("/dev/stdout", "two\n"), ("/dev/fd/1", "three\n")):
            subprocess.run([sys.executable, "-c", program.format(repr(path), repr(text))], stdout=stream, check=True)
    assert out.read_text(encoding="utf-8") == "one\ntwo\nthree\n"
    assert Path("/dev/stdout").is_symlink()
