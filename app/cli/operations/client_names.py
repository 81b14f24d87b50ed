"""The names of clients on the command line."""

import click

from gql.documents.registry.built_in import PUBLISHER
from services.documents.rules import is_client_name


class ClientName(click.ParamType[str]):
    """A valid client name; that of the server itself only where its documents are meant too."""

    name = "name"

    def __init__(self, *, allows_own: bool = False) -> None:
        self._allows_own = allows_own

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Give the name, or fail."""
        if value == PUBLISHER and not self._allows_own:
            self.fail(f"{PUBLISHER} is the server itself, whose documents come with it", param, ctx)
        if not is_client_name(value):
            self.fail("a name has up to 100 letters, digits, spaces and @ . _ : / + -", param, ctx)
        return value
