"""When Python's garbage collector runs: not while importing, and seldom while serving."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG_THRESHOLD, _MIDDLE_THRESHOLD = 5_000, 4


@contextmanager
def importing() -> Iterator[None]:
    """Import in the block without collecting; what was imported is never looked through again.

    Imports leave almost no garbage, and looking for it would take half of the second that a
    command takes to start and to end.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def freeze_heap() -> None:
    """Exempt everything that lives as long as the process: the schema is most of the heap.

    The youngest generation is collected after more objects than by default, since a page of
    results allocates a thousand that are no garbage. The next one is collected early, so that no
    single collection is long: a large document allocates tens of thousands of objects, and all
    threads wait while they are looked through.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_THRESHOLD, _MIDDLE_THRESHOLD)
