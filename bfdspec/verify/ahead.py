"""Read some chunks ahead: while one is folded, a thread reads the next. numpy lets both run at once."""

import threading
from collections.abc import Iterable, Iterator
from queue import Queue
from typing import TypeVar

_Item = TypeVar("_Item")
_END = object()
_CHUNKS = 4
"""So many wait at most: some 25 MB each, and as many packets as can be read while the rest of the program is loaded."""


def ahead(items: Iterable[_Item]) -> Iterator[_Item]:
    """The same items, the first of which is being made from now on; what is raised while they are made is raised when
    they are asked for. Who makes them must not change them later."""
    queue: Queue[object] = Queue(_CHUNKS)
    stopped = threading.Event()
    raised: list[BaseException] = []

    def make() -> None:
        try:
            for item in items:
                queue.put(item)
                if stopped.is_set():
                    return
        except BaseException as error:
            raised.append(error)
        queue.put(_END)

    def hand_out() -> Iterator[_Item]:
        try:
            while (item := queue.get()) is not _END:
                yield item  # type: ignore[misc]  # it is one of the items
        finally:
            stopped.set()
        if raised:
            raise raised[0]

    threading.Thread(target=make, daemon=True).start()
    return hand_out()
