"""`guidance llm-standin`: the stand-in as a process."""

import os
import signal
import socket
import threading
from enum import Enum

import click
import uvicorn
from pydantic import ValidationError

from app.cli.failures.ports import check_port_is_free
from perf.llm_standin.application import make_app
from perf.llm_standin.behaviour import Behaviour
from perf.llm_standin.stand_in import StandIn

HOST, DEFAULT_PORT = "127.0.0.1", 8_001
_BACKLOG = 2_048
_GRACE_SECONDS = 1


@click.command("llm-standin")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option(
    "--fail-next",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Fail so many calls at the beginning.",
)
@click.option(
    "--fail-status",
    type=click.IntRange(400, 599),
    default=503,
    show_default=True,
    help="The status that --fail-next fails with.",
)
@click.option(
    "--with-parent", is_flag=True, help="End when standard input does, as when a parent dies."
)
def llm_standin(
    port: int, fail_next: int, fail_status: int, *, with_parent: bool, **behaviour: str | None
) -> None:
    """Stand in for the language model: the OpenAI chat API at /v1, for tests and for the demo.

    Everything but --port can be set for one call by a header (X-Standin-Status: 503), and changed
    at run time: PATCH /control, POST /control/next; GET /control counts the calls.
    """
    given = {name: value for name, value in behaviour.items() if value is not None}
    try:
        stand_in = StandIn(Behaviour.model_validate(given))
    except ValidationError as refused:
        raise click.UsageError(_in_words(refused)) from None
    stand_in.change_next([{"status": fail_status}] * fail_next)
    check_port_is_free(HOST, port)
    with socket.create_server((HOST, port), backlog=_BACKLOG) as listening:
        port = listening.getsockname()[1]
        click.echo(f"stand-in model at http://{HOST}:{port}/v1")
        if with_parent:
            threading.Thread(target=_end_with_parent, daemon=True).start()
        _server(stand_in).run([listening])


def _server(stand_in: StandIn) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            make_app(stand_in),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )


def _end_with_parent() -> None:
    # Not through `sys.stdin`, whose lock a thread must not hold when the interpreter ends.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _shown(default: object) -> str:
    value = default.value if isinstance(default, Enum) else default
    return "none" if value in (None, {}) else str(value)


def _in_words(refused: ValidationError) -> str:
    said = []
    for one in refused.errors():
        message = one["msg"].removeprefix("Value error, ")
        option = "--" + str(one["loc"][0]).replace("_", "-") if one["loc"] else None
        said.append(f"{option}: {message}" if option else message)
    return "; ".join(said)


def _behaviour_options() -> list[click.Option]:
    """An option for each field of `Behaviour`, which validates what is given."""
    return [
        click.Option(
            ["--" + name.replace("_", "-")],
            default=None,
            metavar="VALUE",
            help=f"{field.description}  [default: {_shown(field.default)}]",
        )
        for name, field in Behaviour.model_fields.items()
    ]


llm_standin.params.extend(_behaviour_options())
