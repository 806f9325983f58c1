"""The end of a run: the independent witness reads the captures, the results become a report."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from conformance.bench import oracle
from conformance.targets.target import Target
from conformance.witness import bear_witness
from refimpl import __version__
from reports.model import CaseResult, Noise, RfcCoverage, Run, TargetInfo
from reports.write import write_all


def finish(
    results: Sequence[CaseResult],
    *,
    target: Target,
    seed: int,
    command: str,
    started: datetime,
    duration_us: int,
    folder: Path | None,
    allure: Path | None = None,
    coverage: Sequence[RfcCoverage] = (),
) -> Run:
    """Make a run of the results; with `folder`, let the witness read its captures, and write the report there.
    With `allure`, write Allure results there, too. `coverage` is what the suite as a whole covers."""
    judged = list(results)
    if folder is not None and target.real:
        judged = bear_witness(judged, folder)
    run = Run(
        generator=f"bfdspec {__version__}",
        target=TargetInfo(name=target.name, version=target.version, description=target.description, lacks=target.lacks),
        clock="real" if target.real else "virtual",
        seed=seed,
        command=command,
        started=started,
        duration_us=duration_us,
        noise=_noise(judged) if target.real else None,
        coverage=list(coverage),
        results=judged,
    )
    if folder is not None:
        write_all(run, folder)
        if allure is not None:
            _write_allure(run, folder, allure)
    return run


def _write_allure(run: Run, folder: Path, allure: Path) -> None:
    from reports.allure import write  # noqa: PLC0415 - only those who ask for it wait for its import

    write(run, folder, allure)


def _noise(results: Sequence[CaseResult]) -> Noise:
    lateness = sorted(result.lateness_us for result in results)
    return Noise(
        worst_us=lateness[-1],
        median_us=lateness[len(lateness) // 2],
        samples=len(lateness),
        tolerance_us=oracle.tolerance_us(real=True, lateness=lateness),
    )
