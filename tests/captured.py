"""What is logged, while servers in other threads log as well."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.testing import LogCapture


@contextmanager
# Any: what an event says has values of any type.
def capture_logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """Collect the events instead of writing them.

    structlog's own empties the list of processors before it fills it: whoever logs in between
    fails. Here it changes in one step.
    """
    processors, capture = structlog.get_config()["processors"], LogCapture()
    before = processors.copy()
    processors[:] = [capture]
    try:
        yield capture.entries
    finally:
        processors[:] = before
