"""`guidance demo`: a server with demo data, and a first request to paste into a shell."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from app.authentication.tokens import issue_token
from app.cli.failures.database_failures import reporting_database_failures
from app.cli.failures.ports import check_port_is_free
from app.cli.serve import DEFAULT_PORT, run_server
from app.composition.database_url import database_url
from app.composition.secrets import signing_secrets
from app.settings import Settings, load_settings
from db.schema.migration import migrate
from perf.dataset.command import DEMO, fill_with_profile
from perf.dataset.demo.api_key import DemoCompanyMissing, demo_api_key
from perf.dataset.demo.tables import DEMO_USER
from perf.dataset.demo.welcome import welcome
from perf.dataset.fill import DatabaseHasUsers
from perf.llm_standin.process import StandInNotStarted, running_stand_in
from services.clock import system_clock

_HOST = "127.0.0.1"
_OTHER_PORT = 9_000
_MONTH_SECONDS = 30 * 86_400


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The port to listen on.",
)
def demo(port: int) -> None:
    """Serve a database with demo data, and print what to try first; refuses in production."""
    settings = load_settings()
    if settings.is_production:
        raise click.ClickException("the demo does not belong in production")
    other = _OTHER_PORT if port != _OTHER_PORT else DEFAULT_PORT
    check_port_is_free(_HOST, port, f"; choose another: PORT={other} make run")
    with database_url(settings, is_migrated=False) as url:
        try:
            with reporting_database_failures("the database cannot be used"):
                api_key = _prepare(settings, url)
        except DemoCompanyMissing:
            raise click.ClickException(
                "the database has other people's data; the demo needs an empty one, or its own"
            ) from None
        with _model(settings) as stand_in_url:
            address = f"http://{_HOST}:{port}/graphql"
            token = _token(settings)
            _fill_in(token, api_key)
            text = welcome(address, token=token, key=api_key, stand_in=stand_in_url)
            run_server(settings, url, host=_HOST, port=port, workers=1, announcement=text)


@contextmanager
def _model(settings: Settings) -> Iterator[str | None]:
    """Run the stand-in if no model is configured, and yield its URL."""
    if not settings.uses_stand_in:
        yield None
        return
    try:
        with running_stand_in("--port", "0") as url:
            os.environ["CHAT_LLM_BASE_URL"] = url
            yield url
    except StandInNotStarted:
        raise click.ClickException("the stand-in for the model does not start") from None


def _prepare(settings: Settings, url: str) -> str:
    """Migrate the database, fill it if it is empty, and return the demo company's API key."""
    migrate(url)
    with suppress(DatabaseHasUsers):
        fill_with_profile(url, DEMO)
    return asyncio.run(demo_api_key(settings, url))


def _fill_in(token: str, api_key: str) -> None:
    """Have the page at /graphql ask as the demo's person, or as its company."""
    callers = {
        "Maya, a person": {"Authorization": f"Bearer {token}"},
        "Northwind, a company": {"X-API-Key": api_key},
    }
    os.environ["GRAPHQL_IDE_CALLERS"] = json.dumps(callers)


def _token(settings: Settings) -> str:
    return issue_token(
        signing_secrets(settings)[0],
        user_id=DEMO_USER,
        roles=(),
        ttl_seconds=_MONTH_SECONDS,
        now=system_clock(),
    )
