"""Suppress the server's log while the gate runs, except for errors."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.typing import EventDict


@contextmanager
def captured_errors() -> Iterator[dict[str, None]]:
    """Suppress log lines and warnings; yields the distinct errors, one line each."""
    errors: dict[str, None] = {}

    def keep(_logger: object, _level: str, event: EventDict) -> EventDict:
        details = (f"{name}={value}" for name, value in event.items() if name != "event")
        errors[" ".join([str(event["event"]), *details]).partition("\n")[0]] = None
        raise structlog.DropEvent

    before, disabled = structlog.get_config(), logging.root.manager.disable
    structlog.configure(
        processors=[keep], wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR)
    )
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield errors
    finally:
        logging.disable(disabled)
        structlog.configure(**before)
