"""Failures of measuring, reported in one line and with exit statuses of their own."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from app.cli.failures import failing_with
from app.settings import SettingsRefused
from perf.ab.sides import AnswerUnusable
from perf.benchmarks.servers import ServerNotStarted
from perf.llm_standin.child import StandInNotStarted
from perf.load.callers import CallersMissing
from perf.states import FAILED_ITSELF, State
from perf.tunings.asking_twice import SourceChanged
from perf.versions import VersionUnusable


class Measuring(click.Group):
    """A group whose commands exit with 1 only for regressions, never for faults of their own."""

    # Any: commands return what they like.
    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and report its faults and file errors with exit status 70."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, SettingsRefused):
            raise
        except OSError as error:
            raise _FailedItself(str(error)) from error
        except Exception as error:
            traceback.print_exc()
            raise _FailedItself(f"a fault of this command: {error!r}") from error


class NotMeasured(click.ClickException):
    """Nothing was measured, so that there is neither a regression nor none."""

    exit_code = State.NOT_MEASURED.value


class _FailedItself(click.ClickException):
    """The command has a fault, or cannot read or write a file."""

    exit_code = FAILED_ITSELF


@contextmanager
def failing_as_not_measured(what: str) -> Iterator[None]:
    """Fail the command with the reason if `what` cannot be measured in the block."""
    try:
        with failing_with(f"{what} cannot be measured"):
            yield
    except StandInNotStarted:
        raise NotMeasured("the stand-in for the model does not start") from None
    except (
        AnswerUnusable,
        CallersMissing,
        ServerNotStarted,
        SourceChanged,
        VersionUnusable,
    ) as error:
        raise NotMeasured(str(error)) from None
    except EOFError:
        raise NotMeasured(
            f"{what} cannot be measured: a connection was closed before its answer"
        ) from None
    except click.UsageError:
        raise
    except click.ClickException as error:
        raise NotMeasured(error.format_message()) from error
