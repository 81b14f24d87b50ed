"""Whether a server may listen where it is told to."""

import errno
import socket

import click


def check_is_free(host: str, port: int, hint: str = "") -> None:
    """Fail in one line where the server could not listen, with a hint at what to do."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(f"port {port} is taken{hint}") from None
        raise click.ClickException(f"{host}:{port} cannot be listened on: {error}") from error
