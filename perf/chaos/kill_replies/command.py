"""`guidance chaos kill-replies`: the serving process dies again and again while people chat."""

import asyncio

import click

from app.cli.failures.database_failures import reporting_database_failures
from perf.chaos.database import STAND_IN_OPTIONS
from perf.chaos.kill_replies.people import UnexplainedError
from perf.chaos.kill_replies.trial import Trial, TrialResult, run_trial
from perf.chaos.own_database import check_is_empty, own_database
from perf.cli import options
from perf.llm_standin.process import running_stand_in
from perf.servers.process import ServerNotStarted


@click.command("kill-replies")
@options.number("--people", 10, "People who send messages.")
@options.number("--sends", 200, "Messages that they send in all.")
@options.number(
    "--kills",
    20,
    "How often the serving process is killed (SIGKILL) and started again.",
    least=0,
)
@click.option("--seed", default=1, show_default=True, help="Decides what is sent, and the moments.")
def kill_replies(people: int, sends: int, kills: int, seed: int) -> None:
    """Kill the server while people send; account for messages.

    On a PostgreSQL of its own in a temporary folder, or on DATABASE_URL, which must be migrated
    and without people. Exits with 1 when anything is lost, doubled, unfinished or charged wrongly,
    or when somebody was shown text that was not stored.
    """
    trial = Trial(people=people, sends=sends, kills=kills, seed=seed)
    with reporting_database_failures("the database cannot be used"), own_database() as url:
        asyncio.run(check_is_empty(url))
        try:
            with running_stand_in(*STAND_IN_OPTIONS) as model_url:
                outcome = asyncio.run(run_trial(trial, url, model_url))
        except* (UnexplainedError, ServerNotStarted) as failures:
            raise click.ClickException(f"the trial ended early: {failures.exceptions[0]}") from None
        except* TimeoutError:
            raise click.ClickException("replies are still being written") from None
    _report(trial, outcome)


def _report(trial: Trial, outcome: TrialResult) -> None:
    answers, audit = outcome.answers, outcome.audit
    ends = ", ".join(f"{count} {status}" for status, count in audit.statuses.items())
    click.echo(f"{trial.sends} messages of {trial.people} people, {trial.kills} kills")
    click.echo(f"requests: {answers.requests}, of which {answers.failed} were not answered")
    click.echo(f"replies: {ends}; the model was asked {outcome.model_calls} times")
    click.echo(
        f"replies read along: {len(answers.shown)}, over server-sent events and WebSockets, "
        f"{sum(len(text) for shown in answers.shown.values() for text in shown)} characters"
    )
    for problem in audit.problems:
        click.echo(f"WRONG: {problem}")
    if audit.problems:
        raise click.ClickException(f"{len(audit.problems)} things are wrong")
    click.echo("nothing lost, nothing doubled, and the ledger equals the counters")
