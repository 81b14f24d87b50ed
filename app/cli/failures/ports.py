"""Checks whether a port is free."""

import errno
import socket

import click


def check_port_is_free(host: str, port: int, hint: str = "") -> None:
    """Fail the command with a `hint` if a server could not listen on the port."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(f"port {port} is taken{hint}") from None
        raise click.ClickException(f"{host}:{port} cannot be listened on: {error}") from error
