"""Where the laboratory keeps what it prepares once and uses in every run."""

import os
from pathlib import Path


def folder() -> Path:
    """bfdspec in the cache folder of the user: $XDG_CACHE_HOME, else ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bfdspec"


def virtualenv(name: str) -> Path:
    """The virtual environment of a release's own, in $BFDSPEC_VIRTUALENVS, else in the cache; nothing is checked."""
    return Path(os.environ.get("BFDSPEC_VIRTUALENVS") or folder() / "virtualenvs") / name
