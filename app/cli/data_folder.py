"""The folder of the embedded database and of secrets, which commands make where there is none."""

import click

from app.settings import Settings


def warn_of_new_folder(settings: Settings) -> None:
    """Say on standard error that a data folder will be made.

    By default it is below the folder of whoever gives the command: given in another one, a command
    would find an empty database, or sign with a secret that no server has, and say nothing.
    """
    folder = settings.guidance_data_dir.resolve()
    if not folder.exists():
        click.echo(
            f"There is no {folder}: it is made, and empty. Another folder, or GUIDANCE_DATA_DIR or "
            "DATABASE_URL, leads to the data of another server.",
            err=True,
        )
