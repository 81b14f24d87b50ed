"""Every statement that `db.queries` can produce."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pkgutil import walk_packages

import db.queries
from db.queries.clauses.keyset_query import KeysetQuery
from db.queries.clauses.reply_leases import ReplyLeases
from db.statement import Statement


def all_statements() -> tuple[Statement, ...]:
    """The statements of all modules, and all variants of those that are built when needed."""
    modules = walk_packages(db.queries.__path__, "db.queries.")
    held = (vars(import_module(module.name)) for module in modules)
    found = {id(one): one for names in held for one in _statements(list(names.values()))}
    return tuple(found.values())


def _statements(held: object) -> Iterator[Statement]:
    """The statements in a value: itself, or what it consists of."""
    if isinstance(held, Statement):
        yield held
    elif isinstance(held, KeysetQuery):
        yield from held.variants()
    elif isinstance(held, ReplyLeases):
        yield from held.statements
    elif isinstance(held, dict):
        yield from _statements(list(held.values()))
    elif isinstance(held, list | tuple | set | frozenset):
        for one in held:
            yield from _statements(one)
    elif is_dataclass(held) and not isinstance(held, type):
        yield from _statements([getattr(held, one.name) for one in fields(held)])
