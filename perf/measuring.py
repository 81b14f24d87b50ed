"""What keeps something from being measured, said in one line."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from app.cli.failures import failing_with
from app.settings import SettingsRefused
from perf.ab.sides import AnswerUnusable
from perf.ab.versions import VersionUnusable
from perf.benchmarks.servers import ServerNotStarted
from perf.llm_standin.child import StandInNotStarted
from perf.load.callers import CallersMissing
from perf.states import FAILED_ITSELF, State
from perf.tunings.asking_twice import SourceChanged


class Measuring(click.Group):
    """Commands of which a status of 1 says that something became worse, and nothing else."""

    # Any: what a command gives is its own business.
    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what it could not measure, and its own faults, end otherwise than 1."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            if error.exit_code == State.REGRESSION.value:
                raise _NotMeasured(error.format_message()) from error
            raise
        except (SettingsRefused, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            raise _FailedItself(str(error)) from error
        except Exception as error:
            traceback.print_exc()
            raise _FailedItself(f"a fault of this command: {error!r}") from error


class _NotMeasured(click.ClickException):
    """Nothing was measured, which says neither that anything is worse nor that it is not."""

    exit_code = State.NOT_MEASURED.value


class _FailedItself(click.ClickException):
    """The command has a fault, or may not read or write a file."""

    exit_code = FAILED_ITSELF


@contextmanager
def measuring(what: str) -> Iterator[None]:
    """Fail the command where `what` cannot be measured inside, and say why."""
    try:
        with failing_with(f"{what} cannot be measured"):
            yield
    except StandInNotStarted:
        raise click.ClickException("the stand-in for the model does not start") from None
    except (
        AnswerUnusable,
        CallersMissing,
        ServerNotStarted,
        SourceChanged,
        VersionUnusable,
    ) as error:
        raise click.ClickException(str(error)) from None
