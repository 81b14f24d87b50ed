"""Runs a command's work on the registry of documents."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.cli.database import with_database
from app.composition.documents import trusted_preparation
from app.settings import Settings
from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from services.clock import system_clock
from services.documents.objectives import ObjectiveService
from services.documents.registry import OperationRegistry
from services.documents.tools import ToolService

T = TypeVar("T")


def with_registry(settings: Settings, work: Callable[[OperationRegistry], Awaitable[T]]) -> T:
    """The result of `work` on the registry; the command fails if the database cannot be used."""
    return with_database(
        settings, lambda database: work(OperationRegistry(database, clock=system_clock))
    )


def with_objectives(settings: Settings, work: Callable[[ObjectiveService], Awaitable[T]]) -> T:
    """The result of `work` on the objectives; the command fails if the database cannot be used."""
    return with_database(
        settings, lambda database: work(ObjectiveService(database, clock=system_clock))
    )


def with_tools(settings: Settings, work: Callable[[ToolService], Awaitable[T]]) -> T:
    """The result of `work` on the tools; the command fails if the database cannot be used."""
    return with_database(settings, lambda database: work(ToolService(database, clock=system_clock)))


def preparation_for(settings: Settings) -> DocumentCache:
    """A document cache for trusted documents whose errors may name the schema's fields."""
    core = core_schema()
    return trusted_preparation(settings, core, hides_suggestions=False)
