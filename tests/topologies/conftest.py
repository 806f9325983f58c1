"""What the tests of the laboratory share: a runtime folder of their own, and sockets in a namespace."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def runtime() -> Iterator[Path]:
    """A runtime folder that daemons without privileges can reach and whose unix sockets have short names."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    folder = Path(tempfile.mkdtemp(prefix="bfds-", dir="/run"))
    folder.chmod(0o755)
    yield folder
    from topologies.reservation import collect_garbage  # noqa: PLC0415  pyroute2 is there on Linux only

    collect_garbage(folder)  # what a test that failed did not get to
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def socket_in() -> Callable[..., socket.socket]:
    """Open a socket in a namespace; it stays there while the test stays outside."""
    from topologies.netns import enter  # noqa: PLC0415  pyroute2 is there on Linux only

    def opened(namespace: str, *kind: int) -> socket.socket:
        def open_there() -> socket.socket:
            enter(namespace)
            return socket.socket(*kind)

        with ThreadPoolExecutor(max_workers=1) as executor:
            created = executor.submit(open_there).result()
        created.settimeout(10)
        return created

    return opened
