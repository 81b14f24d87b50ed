"""The log of the server that the gate runs: kept from what the gate says, but for its errors."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.typing import EventDict


@contextmanager
def quiet_log() -> Iterator[dict[str, None]]:
    """Write no lines and no warnings inside; gives the errors, each once, in one line."""
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
