"""`guidance perf run`: a load test, and its report in a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.secret import signing_secrets
from app.settings import load_settings
from perf import options
from perf.load.generator import Address
from perf.load.own_server import Target, own_server, people_of
from perf.load.printed import lines
from perf.load.profiles import PROFILES, Profile
from perf.load.run import run_load
from perf.measuring import measuring
from perf.statistics.verdicts import Verdict

DEFAULT_OUT = Path("artifacts/load-test-report.json")
_USERS, _WRITERS = 10_000, 2_000


@click.command()
@options.profile()
@click.option("--url", help="A running server with the people of `guidance seed --profile bench`.")
@click.option("--api-key", help="A company's key on the server at --url.")
@options.out(DEFAULT_OUT, "Where the report is written.", kind=options.FILE)
@click.option("--seed", default=1, show_default=True, help="Decides what is sent when.")
def run(profile_name: str, url: str | None, api_key: str | None, out: Path, seed: int) -> int:
    """Ask a server at a given rate, whether it keeps up or not, and judge its answers.

    Without --url a server of its own is measured, on generated data that is thrown away. With it
    messages are sent and erasures asked for there: never against real people. Exits with 1 when a
    target is missed.
    """
    profile = PROFILES[profile_name]
    with measuring("the server"), _target(profile, url, api_key) as target:
        report = run_load(profile, target, seed=seed)
    report.write(out)
    for line in lines(report):
        click.echo(line)
    click.echo(f"written to {out}")
    return int(report.verdict is Verdict.FAIL)


@contextmanager
def _target(profile: Profile, url: str | None, api_key: str | None) -> Iterator[Target]:
    if url is None:
        click.echo("Preparing a server with generated data ...", err=True)
        with own_server(profile.sizes) as target:
            yield target
        return
    settings = load_settings()
    if settings.is_production:
        raise click.ClickException("a load test does not belong in production")
    try:
        Address.of(url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--url") from None
    people = people_of(signing_secrets(settings)[0], _USERS, _WRITERS, api_key)
    yield Target(url, people, f"what {url} has", f"what {url} uses")
