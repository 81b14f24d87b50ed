"""Importing without looking for garbage, of which imports leave none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Import in the block; the collector leaves alone what is there then, also when all ends.

    It would take half of the second that a command takes to start and to end.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
