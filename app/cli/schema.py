"""`guidance schema`: the API in its own language."""

import click

from gql.build import schema as build_schema


@click.command()
def schema() -> None:
    """Print the schema (SDL)."""
    click.echo(build_schema().as_str())
