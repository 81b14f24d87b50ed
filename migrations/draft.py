"""Drafts the migration that brings a database to what the tables declare: `make migration`."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config

from db.embedded import embedded_postgres
from db.schema.migration import migrate
from db.schema.revisions import SCRIPTS, revisions


def draft(message: str, url: str) -> Path:
    """Write a migration from the newest revision, which the database has, to the tables."""
    number = int(revisions()[-1].rpartition("_")[2]) + 1
    revision = f"{datetime.now(UTC):%Y%m%d}_{number:04}"
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["url"] = url
    command.revision(config, message, autogenerate=True, rev_id=revision)
    (path,) = (SCRIPTS / "versions").glob(f"{revision}_*.py")
    # Alembic marks what it has written with comments.
    path.write_text(re.sub(r" +# ### .*\n", "", path.read_text()))
    return path


def main(message: str) -> None:
    """Draft a migration with this docstring, on a database that ends with the command."""
    with TemporaryDirectory(prefix="guidance-") as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres(Path(folder), is_durable=False) as url:
            migrate(url)
            sys.stdout.write(f"wrote {draft(message, url)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
