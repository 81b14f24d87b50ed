"""`guidance db restore-check`: erases again whom a restored backup has brought back."""

import asyncio
import sys

import click

from app.cli.failures.database_failures import reporting_database_failures
from app.composition.database_url import database_url
from app.settings import Settings, load_settings
from app.wiring import Application, open_application
from services.privacy.restored_people import LedgerCheck, RestoredPeople


@click.command("restore-check")
@click.option("--yes", is_flag=True, help="Erase without asking.")
def restore_check(*, yes: bool) -> None:
    """Erase again whom a restored backup has brought back.

    ERASURE_LEDGER_FILE names the ledger. Until this has been done, /readyz answers 503. Exits with
    1 if somebody could not be erased.
    """
    settings = load_settings()
    if settings.erasure_ledger_file is None:
        raise click.UsageError("ERASURE_LEDGER_FILE must name the ledger of erasures.")
    with database_url(settings) as url, reporting_database_failures("the database cannot be used"):
        try:
            left = asyncio.run(_check(settings, url, is_confirmed=yes))
        except OSError as error:
            raise click.ClickException(f"the ledger cannot be read: {error}") from None
    if left:
        raise click.ClickException(f"{left} people are still there; the log says why")


async def _check(settings: Settings, url: str, *, is_confirmed: bool) -> int:
    """Check and erase; how many people are left."""
    async with open_application(settings, url) as application:
        # It is here to erase, not to write replies with the model of an operator's shell.
        application.chat.end_takeovers()
        restored = application.privacy.restored
        assert restored is not None, "the setting is there"  # noqa: S101 - checked before
        check = await restored.check()
        _describe(check)
        await restored.reserve_ids()
        if not check.returned:
            return 0
        _confirm(check, is_confirmed=is_confirmed)
        return await _erase(application, restored, check)


def _describe(check: LedgerCheck) -> None:
    unreadable = f", {check.unreadable} unreadable lines" if check.unreadable else ""
    click.echo(f"The ledger has {check.entries} erasures{unreadable}.")
    click.echo(f"{len(check.returned)} erased people are in this database.")


def _confirm(check: LedgerCheck, *, is_confirmed: bool) -> None:
    if is_confirmed:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("Nothing was erased: --yes erases them without asking.")
    click.confirm(f"Erase {len(check.returned)} people from this database?", abort=True)


async def _erase(application: Application, restored: RestoredPeople, check: LedgerCheck) -> int:
    privacy = application.privacy
    await restored.request_erasures(check.returned)
    await privacy.runner.run_due(privacy.erasing)
    left = (await restored.check()).returned
    click.echo(f"{len(check.returned) - len(left)} people were erased again.")
    return len(left)
