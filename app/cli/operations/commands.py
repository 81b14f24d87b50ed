"""`guidance operations`: check, publish, list, promote and retire documents."""

from collections.abc import Sequence
from pathlib import Path

import click

from app.cli.operations.client_names import ClientName
from app.cli.operations.manifests import ManifestInvalid, candidates
from app.cli.operations.registry import preparation_for, with_objectives, with_registry
from app.cli.operations.tables import all_documents, documents_table, unknown_table
from app.cli.operations.tools import tool
from app.settings import Settings, load_settings
from db.states import DocumentState
from gql.documents.registry.submission import DocumentRejected, check_id_is_unique, checked
from services.documents.identifiers import canonical_id
from services.documents.records import Objective, Submission
from services.documents.registry import DocumentIdTaken

MOST_MS = 600_000
_source = click.argument("source", type=click.Path(exists=True, path_type=Path))
_client = click.option("--client", type=ClientName(), required=True, help="Whose documents.")
_document = click.argument("document")


@click.group()
def operations() -> None:
    """Look after the documents that clients may run."""


operations.add_command(tool)


@operations.command()
@_source
def check(source: Path) -> None:
    """Check the documents of SOURCE without storing any.

    SOURCE is a folder or a manifest.
    """
    good = _good(source, load_settings(), "not good")
    for one in good:
        click.echo(f"{one.name}: costs at most {one.cost}, {one.id}")
    click.echo(
        "The document is good." if len(good) == 1 else f"All {len(good)} documents are good."
    )


@operations.command()
@_source
@_client
def publish(source: Path, client: str) -> None:
    """Let a client run the documents of SOURCE: all, or none.

    SOURCE is a folder or a manifest.
    """
    settings = load_settings()
    good = _good(source, settings, "not good; nothing was stored")
    try:
        published = with_registry(settings, lambda registry: registry.publish(client, good))
    except DocumentIdTaken as error:
        raise click.ClickException(f"{error}; nothing was stored") from None
    click.echo(
        f"Published for {client}: {published.new} new, {published.reactivated} active again, "
        f"{published.unchanged} known."
    )


@operations.command("list")
@click.option("--client", help="Only those of this client.")
@click.option(
    "--state",
    type=click.Choice(list(DocumentState)),
    help="Only those in this state.",
)
@click.option("--unknown", is_flag=True, help="Those instead that clients sent, and nobody has.")
def list_(client: str | None, state: str | None, *, unknown: bool) -> None:
    """List documents with their clients, their states, and their use."""
    settings = load_settings()
    if unknown:
        seen = with_registry(settings, lambda registry: registry.unknown())
        click.echo(unknown_table([one for one in seen if client in {None, one.client_name}]))
        return
    document_cache = preparation_for(settings)
    listed = with_registry(settings, lambda registry: all_documents(registry, document_cache))
    click.echo(
        documents_table(
            [
                one
                for one in listed
                if client in {None, one.client_name} and state in {None, one.state}
            ]
        )
    )


@operations.command()
@_document
@_client
def deprecate(document: str, client: str) -> None:
    """Serve DOCUMENT still, and let the schema change without it."""
    _change(document, client, DocumentState.DEPRECATED)


@operations.command()
@_document
@_client
def retire(document: str, client: str) -> None:
    """Serve DOCUMENT no more.

    DOCUMENT is a name of operations, a hash, or an id of the client's own.
    """
    _change(document, client, DocumentState.RETIRED)


@operations.command()
@_document
@_client
@click.option("--name", help="What to call it, if its operation has no name.")
def promote(document: str, client: str, name: str | None) -> None:
    """Publish an unknown document that clients have sent.

    DOCUMENT is its hash; it is published as it is without values.
    """
    settings = load_settings()
    seen = with_registry(settings, lambda registry: registry.unknown())
    shape = {one.document.id: one.document for one in seen}.get(canonical_id(document))
    if shape is None:
        raise click.ClickException(f"no unknown document is {document}; list them with --unknown")
    name = name or shape.name
    if name is None:
        raise click.ClickException("its operation has no name; give it one with --name")
    with_registry(settings, lambda registry: registry.promote(client, shape, name))
    click.echo(f"{client} may run {name}, {shape.id}.")


@operations.command()
@_client
@click.option("--operation", metavar="NAME", default="", help="Only the client's of this name.")
@click.option("--p95-ms", type=click.IntRange(1, MOST_MS), help="For 95% of the answers.")
@click.option("--p99-ms", type=click.IntRange(1, MOST_MS), help="For 99% of the answers.")
@click.option("--none", "is_none", is_flag=True, help="Take back what was agreed.")
def objective(
    client: str, operation: str, p95_ms: int | None, p99_ms: int | None, *, is_none: bool
) -> None:
    """Agree how quickly a client's documents are answered.

    Without a NAME it holds for all of the client's that have no objective of their own.
    """
    what = f"{operation or 'Everything'} of {client}"
    if is_none:
        if not with_objectives(load_settings(), lambda one: one.remove(client, operation)):
            raise click.ClickException(f"{what} has no objective that could be taken back")
        click.echo(f"{what} has no objective of its own any more.")
        return
    if p95_ms is None or p99_ms is None or p95_ms > p99_ms:
        raise click.ClickException("give --p95-ms, and --p99-ms that is no less; or --none")
    agreed = Objective(p95_ms, p99_ms)
    with_objectives(load_settings(), lambda one: one.set(client, operation, agreed))
    click.echo(f"{what} is answered within {p95_ms} ms (95%) and {p99_ms} ms (99%).")


def _change(document: str, client: str, state: DocumentState) -> None:
    named = canonical_id(document)
    changed = with_registry(
        load_settings(), lambda registry: registry.change_state(client, named, state)
    )
    if not changed:
        raise click.ClickException(f"{client} has no {document} that is not {state} already")
    for name, id_ in changed:
        click.echo(f"{name} of {client} is {state}, {id_}.")


def _good(source: Path, settings: Settings, verdict: str) -> Sequence[Submission]:
    """The documents, if all are valid; otherwise fails with a line for each that is not."""
    document_cache = preparation_for(settings)
    try:
        found = candidates(source)
    except ManifestInvalid as error:
        raise click.ClickException(str(error)) from None
    good: dict[str, Submission] = {}
    own: dict[str, str] = {}
    bad = 0
    for one in found:
        try:
            document = checked(document_cache, one, maximum_cost=settings.graphql_max_cost)
            check_id_is_unique(document, own)
        except DocumentRejected as error:
            bad += 1
            click.echo(f"{one.place}: {error}", err=True)
        else:
            good[document.id] = document
    if bad:
        raise click.ClickException(f"{bad} of {len(found)} documents are {verdict}")
    return list(good.values())
