"""The database that is configured, or one of its own where none is."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.settings import Settings
from db.embedded import embedded_postgres
from db.migration import migrate


@contextmanager
def database_url(settings: Settings, *, is_migrated: bool = True) -> Iterator[str]:
    """The URL of the database: the configured one, or an embedded one, by default migrated.

    The embedded database stops with the last process that uses it.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    with embedded_postgres(settings.guidance_data_dir) as url:
        if is_migrated:
            migrate(url)
        yield url
