"""The registry of documents as commands use it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.cli.database import with_database
from app.documents import trusted_preparation
from app.settings import Settings
from gql.build import core_schema
from gql.documents.prepare import Preparation
from services.clock import system_clock
from services.operations.objectives import Objectives
from services.operations.registry import OperationRegistry

T = TypeVar("T")


def with_registry(settings: Settings, work: Callable[[OperationRegistry], Awaitable[T]]) -> T:
    """What `work` gives with the registry in the database; fails in one line without one."""
    return with_database(
        settings, lambda database: work(OperationRegistry(database, clock=system_clock))
    )


def with_objectives(settings: Settings, work: Callable[[Objectives], Awaitable[T]]) -> T:
    """What `work` gives with what is agreed of documents; fails in one line without a database."""
    return with_database(settings, lambda database: work(Objectives(database, clock=system_clock)))


def preparation_for(settings: Settings) -> Preparation:
    """What prepares documents that are to be trusted, for an operator, who may see the schema."""
    core = core_schema()
    return trusted_preparation(settings, core, hides_suggestions=False)
