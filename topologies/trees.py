"""Unpacked root trees, one for each Debian suite whose programs the netns driver runs beside this machine's own."""

import os
from pathlib import Path

from topologies import cache
from topologies.nodes.manifest import Release


def folder() -> Path:
    """Where the trees lie: $BFDSPEC_TREES, else bfdspec/trees in the cache folder of the user."""
    chosen = os.environ.get("BFDSPEC_TREES")
    if chosen:
        return Path(chosen)
    return cache.folder() / "trees"


def tree(release: Release) -> Path:
    """Where the file system with the programs of a release begins; nothing is checked."""
    return Path("/") if release.here else folder() / release.suite
