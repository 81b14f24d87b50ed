"""`guidance models`: which models there are, and which of them a plan allows."""

import click

from app.cli.database import with_database
from app.cli.tables import table
from app.settings import Settings, load_settings
from services.billing.plan_models import allow_models, models_of_plans

_ALL = "all"


@click.group()
def models() -> None:
    """Look after the models that plans allow."""


@models.command("list")
def show() -> None:
    """List the models, and what each plan allows."""
    settings = load_settings()
    plans = with_database(settings, models_of_plans)
    rows = [
        (name, *(_mark(name, allowed) for allowed in plans.values())) for name in _names(settings)
    ]
    click.echo(table(("MODEL", *plans), rows))


@models.command()
@click.argument("plan")
@click.argument("names", nargs=-1, required=True)
def allow(plan: str, names: tuple[str, ...]) -> None:
    """Let PLAN use the models NAMES; `all` is every model."""
    settings = load_settings()
    chosen = None if names == (_ALL,) else names
    if unknown := sorted(set(chosen or ()) - set(_names(settings))):
        raise click.ClickException(f"there is no model {', '.join(unknown)}")
    if not with_database(settings, lambda database: allow_models(database, plan, chosen)):
        raise click.ClickException(f"there is no plan {plan}")
    click.echo(f"{plan} may use {', '.join(names)}.")


def _names(settings: Settings) -> tuple[str, ...]:
    if settings.model_file is None:
        return (settings.chat_llm_model,)
    return tuple(one.name for one in settings.model_file.models)


def _mark(name: str, allowed: tuple[str, ...] | None) -> str:
    return "yes" if allowed is None or name in allowed else "no"
