"""All deviants there are, found by importing the files of the RFCs' folders: no list is kept by hand."""

import importlib
import pkgutil
from pathlib import Path

from conformance.deviants.deviant import Deviant


def collect() -> tuple[Deviant, ...]:
    """Every deviant, in the order of files and of what stands in them. Raises ValueError for a name used twice."""
    here = Path(__file__).parent
    found = [
        deviant
        for folder in sorted(here.glob("rfc[0-9]*"))
        for module in sorted(info.name for info in pkgutil.iter_modules([str(folder)]))
        for deviant in importlib.import_module(f"{__package__}.{folder.name}.{module}").DEVIANTS
    ]
    names = [(deviant.breaks, deviant.name) for deviant in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two deviants of {twice[0][0]} are called {twice[0][1]!r}")
    return tuple(found)
