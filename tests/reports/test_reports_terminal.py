"""The closing table: everything to act on, within 80 columns, without colour."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from sample_run import hostile, passing_run, run_of, sample_run

from reports.model import Noise, Run
from reports.terminal import print_run


def printed(run: Run, *, width: int = 80, colour: bool = False) -> list[str]:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=colour, color_system="truecolor" if colour else None
    )
    print_run(run, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for run in (sample_run(), passing_run(), run_of([])):
        assert [line for line in printed(run, width=width) if cell_len(line) > width] == []


def test_a_section_is_one_row_with_its_counts() -> None:
    lines = printed(sample_run())
    header = next(line for line in lines if line.startswith("RFC")).split()
    row = next(line for line in lines if line.startswith("5880 6.8.6 ")).split()
    assert header[-6:] == ["PASS", "ALT", "WARN", "FAIL", "INCON", "UNSUP"]
    assert row[-6:] == ["2", "·", "·", "2", "·", "·"]
    assert "Reception of BFD Control Packets" in " ".join(row)


def test_unexpected_results_come_after_known_ones_with_all_their_words() -> None:
    lines = printed(sample_run())
    text = " ".join(" ".join(lines).split())
    known = next(index for index, line in enumerate(lines) if line.startswith("Known deviations (2)"))
    loud = next(index for index, line in enumerate(lines) if line.startswith("UNEXPECTED (4)"))
    assert known < loud
    for result in sample_run().unexpected():
        assert any(result.id in line for line in lines[loud:])
        assert result.expected in text
        assert result.actual in text
        assert result.reason in text


def test_the_command_that_repeats_a_case_is_never_broken() -> None:
    repeats = [result.repeat for result in sample_run().unexpected()]
    lines = printed(sample_run(), width=50)
    assert all(any(line.endswith(f" {repeat}") for line in lines) for repeat in repeats)


def test_a_known_deviation_is_one_line_per_fact_and_named_as_known() -> None:
    lines = printed(passing_run())
    start = next(index for index, line in enumerate(lines) if "5880-6.8.6-11" in line)
    assert [line.split()[0] for line in lines[start : start + 4]] == ["FAIL", "expected", "actual", "known"]
    assert lines[start].endswith("…")
    assert not any(line.startswith("UNEXPECTED") for line in lines)


def test_unsupported_cases_are_counted_by_reason() -> None:
    lines = printed(sample_run())
    start = next(index for index, line in enumerate(lines) if line.startswith("Unsupported (3)"))
    assert lines[start + 1].startswith("  2 cases: the target lacks multi_hop")
    assert "  1 case: cannot be configured as 0" in lines[start:]


def test_the_last_line_says_whether_the_run_passed() -> None:
    assert printed(sample_run())[-1] == "frr 10.2.1, seed 424242: FAILED, 4 unexpected results, 2 known deviations"
    assert printed(passing_run())[-1] == ("frr 10.2.1, seed 424242: passed, no unexpected result, 2 known deviations")


def test_the_noise_budget_is_printed() -> None:
    assert "at worst 2.3 ms late" in " ".join(printed(sample_run()))
    assert "Virtual clock" in " ".join(printed(passing_run()))
    late = run_of([], noise=Noise(worst_us=9_000, median_us=50, samples=10, tolerance_us=4_000))
    assert "more than that tolerance" in " ".join(" ".join(printed(late)).split())
    assert "not measured" in " ".join(printed(run_of([], noise=None)))


def test_colour_adds_nothing_but_colour() -> None:
    coloured = "\n".join(printed(sample_run(), colour=True))
    assert "\x1b[" in coloured
    assert "UNEXPECTED" in "\n".join(printed(sample_run()))


def test_text_of_a_target_cannot_steer_the_terminal() -> None:
    text = "\n".join(printed(hostile("\x1b[2J[bold]not markup[/bold] :boom: \x07")))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]not markup[/bold] :boom:" in text
