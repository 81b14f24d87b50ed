"""What keeps something from being measured, said in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.cli.failures import failing_with
from perf.ab.rounds import AnswerUnusable
from perf.ab.versions import VersionUnusable
from perf.benchmarks.servers import ServerNotStarted
from perf.llm_standin.child import StandInNotStarted
from perf.load.callers import CallersMissing
from perf.tunings.asking_twice import SourceChanged


class NotMeasured(click.ClickException):
    """Nothing came of it: another status than that of what became worse."""

    exit_code = 3


@contextmanager
def measuring(what: str) -> Iterator[None]:
    """Fail the command with `NotMeasured` where `what` cannot be measured inside, and say why."""
    try:
        with failing_with(f"{what} cannot be measured"):
            yield
    except StandInNotStarted:
        raise NotMeasured("the stand-in for the model does not start") from None
    except click.ClickException as error:
        raise NotMeasured(error.format_message()) from None
    except (
        AnswerUnusable,
        CallersMissing,
        ServerNotStarted,
        SourceChanged,
        VersionUnusable,
    ) as error:
        raise NotMeasured(str(error)) from None
