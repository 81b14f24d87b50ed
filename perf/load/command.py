"""`guidance perf run`: a load test, and its report in a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.composition.secrets import signing_secrets
from app.settings import load_settings
from perf.cli import options
from perf.cli.failures import reporting_not_measured
from perf.load.results.completeness import outcome
from perf.load.results.terminal import lines
from perf.load.run import run_load
from perf.load.workload.profiles import PROFILES, Profile
from perf.load.workload.running_server import (
    expiry_warnings,
    strip_scheme,
    target_of_running_server,
)
from perf.servers.client import Address
from perf.servers.seeded import ServerUnderTest, generated_callers, own_server
from perf.sweep.remote import remote_sweep_target
from perf.sweep.report import with_sweep
from perf.sweep.server import gate_server_for_sweep
from perf.sweep.sweep import sweep

DEFAULT_OUT = Path("artifacts/load-test-report.json")
_USERS, _WRITERS = 10_000, 2_000


@click.command()
@options.profile()
@click.option("--url", help="A server that runs already.")
@click.option(
    "--token",
    "tokens",
    multiple=True,
    envvar="GUIDANCE_LOAD_TOKENS",
    help="A person's token on the server at --url; several take turns. Without any, the people of "
    "`guidance db seed --profile bench` ask.",
)
@click.option(
    "--api-key",
    envvar="GUIDANCE_LOAD_API_KEY",
    help="A company's key on the server at --url.",
)
@click.option("--writes", is_flag=True, help="Send what writes, too, in the name of each --token.")
@options.out(DEFAULT_OUT, "Where the report is written.", kind=options.FILE)
@click.option("--seed", default=1, show_default=True, help="Decides what is sent when.")
def run(
    profile_name: str,
    url: str | None,
    tokens: tuple[str, ...],
    api_key: str | None,
    writes: bool,  # noqa: FBT001 - click gives it by name
    out: Path,
    seed: int,
) -> int:
    """Test a server under load, and judge its answers.

    Requests are sent at a given rate, whether the server keeps up or not.

    Without --url a server of its own is measured, on generated data that is thrown away. With --url
    and a --token nothing is written unless --writes says so, and nothing is ever erased. With --url
    alone messages are sent and erasures are requested: never use that against real people.

    Exits with 0 where no target is missed, otherwise with the first of these that holds:

    \b
    10  the run ended early, or the server answered nobody until the end
     1  a target is missed
     5  nothing could be measured, or an operation has no samples or no answer among them
     6  an operation is refused more than is allowed, or always
    11  what a server of its own counted is not known
    70  this command has a fault of its own
    """  # noqa: D301 - click leaves the lines below this character as they are
    profile, given = PROFILES[profile_name], _given(url, tokens, api_key, writes=writes)
    # An older report must not be mistaken for the result of this run.
    out.unlink(missing_ok=True)
    with reporting_not_measured("the server"), _target(profile, url, api_key, given) as target:
        report = run_load(profile, target, seed=seed)
        is_whole = report.generator.sent == report.generator.planned
        if url is not None and is_whole:
            swept = sweep(remote_sweep_target(target), samples=profile.swept)
            report = with_sweep(report, swept, is_own=False)
    if url is None and is_whole:
        click.echo("Asking each document by itself ...", err=True)
        with reporting_not_measured("the server"), gate_server_for_sweep() as own:
            report = with_sweep(report, sweep(own, samples=profile.swept), is_own=True)
    report.write(out)
    for line in lines(report):
        click.echo(line)
    click.echo(f"written to {out}")
    return outcome(report, is_own=url is None).value


def _given(
    url: str | None, tokens: tuple[str, ...], api_key: str | None, *, writes: bool
) -> ServerUnderTest | None:
    """The target with the given callers; None if callers are generated."""
    if url is None and (tokens or api_key):
        raise click.UsageError("--token and --api-key are of the server at --url, which is missing")
    if url is None or not tokens:
        if writes:
            raise click.UsageError("--writes is for a --url and a --token")
        return None
    try:
        cleaned_tokens = tuple(map(strip_scheme, tokens))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--token") from None
    return target_of_running_server(_checked(url), cleaned_tokens, api_key, takes_writes=writes)


@contextmanager
def _target(
    profile: Profile, url: str | None, api_key: str | None, given: ServerUnderTest | None
) -> Iterator[ServerUnderTest]:
    if given is not None:
        for warning in expiry_warnings(given, profile.seconds):
            click.echo(warning, err=True)
        yield given
        return
    if url is None:
        click.echo("Preparing a server with generated data ...", err=True)
        with own_server(profile.sizes) as target:
            yield target
        return
    settings = load_settings()
    if settings.is_production:
        raise click.ClickException(
            "generated people do not belong in production: give a --token, or several"
        )
    people = generated_callers(signing_secrets(settings)[0], _USERS, _WRITERS, api_key)
    yield ServerUnderTest(_checked(url), people, f"what {url} has", f"what {url} uses")


def _checked(url: str) -> str:
    try:
        Address.of(url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--url") from None
    return url
