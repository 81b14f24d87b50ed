"""`guidance perf slow`: the repository methods that use most of a server's database time."""

from collections.abc import Sequence
from typing import Any

import click
import httpx2

from app.authentication.tokens import issue_token
from app.composition.secrets import signing_secrets
from app.settings import load_settings
from services.clock import system_clock

_OPERATOR, _TOKEN_SECONDS = 1, 60
_MOST = 100
_TIMEOUT_SECONDS = 10
_DOCUMENT = """query SlowQueries($top: Int!) {
  ops {
    slowQueries(top: $top) {
      method calls errors rows totalMs meanMs p95Ms maxMs waitingMs pythonMs
    }
  }
}"""
_HEADINGS = {
    "calls": "calls",
    "errors": "errors",
    "rows": "rows",
    "totalMs": "total ms",
    "meanMs": "mean ms",
    "p95Ms": "p95 ms",
    "maxMs": "max ms",
    "waitingMs": "waiting ms",
    "pythonMs": "python ms",
}

# Any: JSON.
MethodRow = dict[str, Any]


@click.command()
@click.option(
    "--url", default="http://127.0.0.1:8000", show_default=True, help="Where the server is."
)
@click.option(
    "--top",
    type=click.IntRange(1, _MOST),
    default=10,
    show_default=True,
    help="How many methods at most.",
)
@click.option(
    "--token",
    envvar="GUIDANCE_OPS_TOKEN",
    help="A token with the role `ops`; by default one is signed with JWT_SECRET_KEY, for user 1.",
)
def slow(url: str, top: int, token: str | None) -> None:
    """Print the slowest repository methods of a running server.

    By total time, in the process that answers; /metrics has the same of all workers together.
    """
    rows = _slow_queries(url.rstrip("/"), top, token or _own_token())
    width = max([len("method"), *(len(row["method"]) for row in rows)])
    click.echo(f"{'method':<{width}}" + "".join(f"{heading:>12}" for heading in _HEADINGS.values()))
    for row in rows:
        click.echo(f"{row['method']:<{width}}" + _numbers([row[column] for column in _HEADINGS]))


def _slow_queries(url: str, top: int, token: str) -> list[MethodRow]:
    try:
        answer = httpx2.post(
            f"{url}/graphql",
            json={"query": _DOCUMENT, "variables": {"top": top}},
            headers={"authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_SECONDS,
        )
        body = answer.json()
    except httpx2.ConnectError:
        raise click.ClickException(f"no server is to be reached at {url}") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise click.ClickException(f"{url} does not answer as this API does: {error}") from None
    if errors := body.get("errors"):
        raise click.ClickException(f"{url} refuses: {errors[0]['message']}")
    ops = body["data"]["ops"]
    if ops is None:
        raise click.ClickException("the token lacks the role `ops`")
    rows: list[MethodRow] = ops["slowQueries"]
    return rows


def _own_token() -> str:
    settings = load_settings()
    secrets = signing_secrets(settings)
    if not secrets:
        raise click.ClickException("give a --token with the role `ops`: none can be signed here")
    return issue_token(
        secrets[0],
        user_id=_OPERATOR,
        roles=("ops",),
        ttl_seconds=_TOKEN_SECONDS,
        now=system_clock(),
    )


def _numbers(values: Sequence[float]) -> str:
    return "".join(
        f"{value:>12}" if isinstance(value, int) else f"{value:>12.2f}" for value in values
    )
