"""`guidance schema`: prints the SDL, and checks what a change breaks for published documents."""

from pathlib import Path

import click
from graphql import GraphQLError, GraphQLSchema, build_schema, print_schema

from app.cli.operations.registry import preparation_for, with_registry
from app.cli.operations.tables import all_documents
from app.settings import Settings, load_settings
from clients.registry.checks import RegistryFailed, check_schema
from db.states import DocumentState
from gql.build import schema as current_schema
from gql.build import subgraph
from gql.documents.registry.schema_changes import SchemaComparison, compare_schemas
from gql.semantic_non_null import with_semantic_non_null
from services.documents.records import ListedDocument

_path = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@click.option(
    "--semantic-non-null",
    "is_semantic",
    is_flag=True,
    help="Print it for clients that ask with `onError: NULL`: nullable types, with "
    "@semanticNonNull where null means an error.",
)
@click.option(
    "--subgraph",
    "is_subgraph",
    is_flag=True,
    help="Print it as a subgraph of Federation 2, to compose a supergraph of.",
)
@click.pass_context
def schema(context: click.Context, *, is_semantic: bool, is_subgraph: bool) -> None:
    """Print the schema (SDL), or compare two."""
    if context.invoked_subcommand is None:
        text = (subgraph() if is_subgraph else current_schema()).as_str()
        click.echo(with_semantic_non_null(text) if is_semantic else text)


@schema.command()
@click.argument("old", type=_path, required=False)
@click.argument("new", type=_path, required=False)
@click.option(
    "--registry",
    "asks_registry",
    is_flag=True,
    help="Ask the registry at HIVE_REGISTRY_ENDPOINT too, or alone where there is no OLD.",
)
def check(old: Path | None, new: Path | None, *, asks_registry: bool) -> None:
    """List what breaks, and for which clients, when the schema changes from OLD to NEW.

    Both are files of schemas; NEW is this version's by default. Fails when a document breaks that
    is active, or the registry finds that it breaks somebody.
    """
    if old is None and not asks_registry:
        raise click.UsageError("Name a schema to compare with, or --registry.")
    settings = load_settings()
    if asks_registry:
        _check_at_registry(settings, new)
    if old is not None:
        _check_published(settings, old, new)


def _check_published(settings: Settings, old: Path, new: Path | None) -> None:
    before = _schema_in(old)
    after = build_schema(current_schema().as_str()) if new is None else _schema_in(new)
    document_cache = preparation_for(settings)
    listed = with_registry(settings, lambda registry: all_documents(registry, document_cache))
    served = [one for one in listed if one.state is not DocumentState.RETIRED]
    comparison = compare_schemas(before, after, served)
    _print_comparison(comparison)
    active = [one for one in comparison.broken_documents if one.state is DocumentState.ACTIVE]
    if active:
        raise click.ClickException(f"active documents that break: {len(active)}")


def _check_at_registry(settings: Settings, new: Path | None) -> None:
    endpoint, token = settings.hive_registry_endpoint, settings.hive_token
    if endpoint is None:
        raise click.ClickException("HIVE_REGISTRY_ENDPOINT says which registry is asked")
    sdl = current_schema().as_str() if new is None else print_schema(_schema_in(new))
    try:
        found = check_schema(endpoint, None if token is None else token.get_secret_value(), sdl)
    except RegistryFailed as failure:
        raise click.ClickException(str(failure)) from None
    for criticality, message in found.changes:
        click.echo(f"registry: {criticality.lower()}: {message}")
    for message in found.errors:
        click.echo(f"registry: error: {message}")
    if not found.is_valid:
        raise click.ClickException(f"the registry refuses it: errors: {len(found.errors)}")
    click.echo(f"The registry accepts it: changes: {len(found.changes)}.")


def _print_comparison(comparison: SchemaComparison) -> None:
    for change in comparison.changes:
        does = "breaks" if change.is_breaking else "may matter to"
        click.echo(f"{'breaking' if change.is_breaking else 'dangerous'}: {change.description}")
        for document in change.documents:
            click.echo(f"  {does} {_describe(document)}")
    for broken in comparison.broken:
        click.echo(f"not valid: {_describe(broken.document)}")
        click.echo(f"  {broken.reason}")
    breaking = len(comparison.breaking)
    click.echo(
        f"Breaking changes: {breaking}, dangerous ones: {len(comparison.changes) - breaking}, "
        f"documents that break: {len(comparison.broken_documents)}."
    )


def _describe(document: ListedDocument) -> str:
    last = document.last_used_at
    use = "never used"
    if last is not None:
        times = "once" if document.use_count == 1 else f"{document.use_count} times"
        use = f"used {times}, last on {last:%Y-%m-%d}"
    return f"{document.name} of {document.client_name} ({document.state}, {use})"


def _schema_in(path: Path) -> GraphQLSchema:
    try:
        return build_schema(path.read_text(encoding="utf-8"))
    except (GraphQLError, TypeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise click.ClickException(f"{path} is not a schema: {reason}") from None
