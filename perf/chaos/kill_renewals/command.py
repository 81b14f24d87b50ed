"""`guidance chaos kill-renewals`: workers die again and again while subscriptions live on."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.cli.failures.database_failures import reporting_database_failures
from perf.chaos.kill_renewals.audit import TrialAudit
from perf.chaos.kill_renewals.trial import Trial, run_trial
from perf.chaos.own_database import check_is_empty, own_database
from perf.cli import options


@click.command("kill-renewals")
@options.number("--subscriptions", 1_000, "Subscriptions that are renewed.")
@options.number("--days", 730, "Days that pass on the moved clock.")
@options.number("--kills", 50, "How often a worker is killed (SIGKILL).", least=0)
@click.option(
    "--lost",
    type=click.FloatRange(0, 0.5),
    default=0.05,
    show_default=True,
    help="The share of the provider's answers that are lost, before or after it has acted.",
)
@click.option("--seed", default=1, show_default=True, help="Decides who does what, and when.")
def kill_renewals(subscriptions: int, days: int, kills: int, lost: float, seed: int) -> None:
    """Renew subscriptions for years; account for each cent.

    Workers are killed, answers are lost at every step, and people act meanwhile.

    On a PostgreSQL of its own in a temporary folder, or on DATABASE_URL, which must be migrated
    and without people. Exits with 1 when anybody is charged twice or not at all, when a sum or an
    invoice is wrong, or when the books differ from the provider's.
    """
    trial = Trial(subscriptions, days, kills, lost, seed)
    with (
        reporting_database_failures("the database cannot be used"),
        own_database() as url,
        TemporaryDirectory(prefix="guidance-renewals-") as folder,
    ):
        asyncio.run(check_is_empty(url))
        try:
            found = asyncio.run(run_trial(trial, url, Path(folder)))
        except TimeoutError:
            raise click.ClickException("something that is due is not done") from None
    _report(trial, found)


def _report(trial: Trial, found: TrialAudit) -> None:
    click.echo(
        f"{trial.subscriptions} subscriptions, {trial.days} days, {trial.kills} kills, "
        f"{trial.lost_share:.0%} of the answers lost"
    )
    click.echo(
        f"{found.payments} payments and refunds, {found.renewals} of them renewals; "
        f"{found.charged_cents} cents charged, {found.refunded_cents} given back, "
        f"{found.invoices} invoices and credit notes"
    )
    for problem in found.problems:
        click.echo(f"WRONG: {problem}")
    if found.problems:
        raise click.ClickException(f"{len(found.problems)} things are wrong")
    click.echo("nobody charged twice or not at all, and every sum is right")
