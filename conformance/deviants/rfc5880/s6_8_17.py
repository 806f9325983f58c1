"""Concatenated paths (RFC 5880 section 6.8.17)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_paths import (
    ClingsToPath,
    ClingsToPathWhenSignalled,
    NeverPollsAboutPaths,
    TakenInByDiag,
    TellsPathOnce,
    on_path_down,
)
from refimpl.core.constants import Diag, State


class TakenInByForward(TakenInByDiag):
    """Only by diagnostic 6."""

    believed = frozenset({Diag.CONCATENATED_PATH_DOWN})


class TakenInByReverse(TakenInByDiag):
    """Only by diagnostic 8."""

    believed = frozenset({Diag.REVERSE_CONCATENATED_PATH_DOWN})


DEVIANTS = (
    Deviant("5880-6.8.17-r02", "down by the far end's diagnostic 6", session=TakenInByForward),
    Deviant("5880-6.8.17-r02", "down by the far end's diagnostic 8", session=TakenInByReverse),
    Deviant("5880-6.8.17-r03", "own report is not sent", on_path_down(State.UP, None)),
    Deviant("5880-6.8.17-r03", "own report is sent once", session=TellsPathOnce),
    Deviant(
        "5880-6.8.17-r03",
        "own report takes the session down",
        on_path_down(State.DOWN, Diag.CONCATENATED_PATH_DOWN),
    ),
    Deviant("5880-6.8.17-r04", "no Poll Sequence about a report", session=NeverPollsAboutPaths),
    Deviant("5880-6.8.17-r05", "the report outlives an expiry", session=ClingsToPath),
    Deviant("5880-6.8.17-r05", "the report outlives a signalled Down", session=ClingsToPathWhenSignalled),
)
