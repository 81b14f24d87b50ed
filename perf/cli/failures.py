"""Failures of measuring, reported in one line and with exit statuses of their own."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from app.cli.failures.database_failures import reporting_database_failures
from app.cli.groups import CommandGroup
from app.settings import InvalidSettings
from perf.cli.exit_status import SOFTWARE_ERROR, ExitStatus
from perf.comparisons.ab.measured_servers import AnswerUnusable
from perf.comparisons.tunings.double_lookup import SourceTextNotFound
from perf.llm_standin.process import StandInNotStarted
from perf.load.workload.callers import CallersMissing
from perf.servers.process import ServerNotStarted
from perf.servers.versions import VersionUnusable


class PerfGroup(CommandGroup):
    """A group whose commands exit with 1 only for regressions, never for faults of their own."""

    # Any: commands return what they like.
    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and report its faults and file errors with exit status 70."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, InvalidSettings):
            raise
        except OSError as error:
            raise _SoftwareError(str(error)) from error
        except Exception as error:
            traceback.print_exc()
            raise _SoftwareError(f"a fault of this command: {error!r}") from error


class NotMeasured(click.ClickException):
    """Nothing was measured, so that there is neither a regression nor none."""

    exit_code = ExitStatus.NOT_MEASURED.value


class _SoftwareError(click.ClickException):
    """The command has a fault, or cannot read or write a file."""

    exit_code = SOFTWARE_ERROR


@contextmanager
def reporting_not_measured(what: str) -> Iterator[None]:
    """Fail the command with the reason if `what` cannot be measured in the block."""
    try:
        with reporting_database_failures(f"{what} cannot be measured"):
            yield
    except StandInNotStarted:
        raise NotMeasured("the stand-in for the model does not start") from None
    except (
        AnswerUnusable,
        CallersMissing,
        ServerNotStarted,
        SourceTextNotFound,
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
