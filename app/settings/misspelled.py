"""Variables that are no settings, and look as if they were meant to be."""

import os
from collections.abc import Mapping
from difflib import get_close_matches

import structlog

from app.settings.loading import Settings

_LIKENESS = 0.88
"""Of `difflib`: a letter or two amiss in a name, and not another word."""
_OTHERS = ("OTEL_",)
"""Beginnings of variables that OpenTelemetry's SDK reads by itself."""
_log = structlog.get_logger("settings")


def report_misspelled() -> None:
    """Log a warning for each variable of the environment that is nearly a setting's name."""
    for variable, setting in misspelled(os.environ).items():
        _log.warning("no setting has this name", variable=variable, meant=setting)


def report_misspelled_before(settings: Settings) -> None:
    """Log such a warning for what the command has set by itself since `settings` were read.

    The server, which reads them again, takes the variable for somebody else's.
    """
    read = {name.upper() for name in settings.model_fields_set}
    own = {name.upper() for name in Settings.model_fields if name.upper() in os.environ} - read
    before = {name: value for name, value in os.environ.items() if name not in own}
    for variable, setting in misspelled(before).items():
        if setting in own:
            _log.warning("no setting has this name", variable=variable, meant=setting)


def misspelled(environment: Mapping[str, str]) -> dict[str, str]:
    """The setting that is nearly named, by the name of each such variable.

    Where that setting is set too, the variable is somebody else's.
    """
    settings = {name.upper() for name in Settings.model_fields}
    given = {name.upper() for name in environment}
    close = {
        name: get_close_matches(name, settings - given, n=1, cutoff=_LIKENESS)
        for name in sorted(given - settings)
        if not name.startswith(_OTHERS)
    }
    return {name: found[0] for name, found in close.items() if found}
