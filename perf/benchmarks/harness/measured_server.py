"""What a measured server is started with: a database, a core of its own, and people who ask."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import click

from app.composition.database_url import database_url
from app.settings import load_settings
from perf.servers.connection import UnexpectedAnswer
from perf.servers.credentials import tokens_of_people
from perf.servers.process import PRODUCTION, Cores, reserve_cores

_PEOPLE = 200


@dataclass(frozen=True, slots=True)
class Setup:
    """The environment and the cores of a server, and the tokens of people whom it knows."""

    environment: dict[str, str]
    cores: Cores
    tokens: Sequence[str]
    redis_url: str | None


@contextmanager
def prepared() -> Iterator[Setup]:
    """Prepare for measuring; an answer without data in the block fails the command."""
    settings = load_settings()
    secret = secrets.token_hex()
    cores = reserve_cores()
    with database_url(settings) as url:
        environment = PRODUCTION | {"DATABASE_URL": url, "JWT_SECRET_KEY": secret}
        try:
            yield Setup(environment, cores, tokens_of_people(secret, _PEOPLE), settings.redis_url)
        except UnexpectedAnswer as error:
            raise click.ClickException(f"the server did not answer with data: {error}") from None
