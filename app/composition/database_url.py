"""The URL of the configured database, or of an embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.settings import Settings


@contextmanager
def database_url(settings: Settings, *, is_migrated: bool = True) -> Iterator[str]:
    """The configured URL, or that of an embedded database, which is migrated unless told not to.

    The embedded database stops with the last process that uses it.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    # Alembic and what runs PostgreSQL take a tenth of a command's start, and only this needs them.
    from db.embedded import embedded_postgres
    from db.schema.migration import migrate

    with embedded_postgres(settings.guidance_data_dir) as url:
        if is_migrated:
            migrate(url)
        yield url
