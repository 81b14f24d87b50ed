"""What repository methods take besides their statements is measured apart from these."""

import importlib
import inspect
import pkgutil

import db.queries
from db.queries.chat import messages
from db.queries.clauses.keyset_query import KeysetQuery


def test_each_repository_method_says_that_it_is_one() -> None:
    undecorated = []
    for module in pkgutil.walk_packages(db.queries.__path__, "db.queries."):
        found = importlib.import_module(module.name)
        for name, member in inspect.getmembers(found, inspect.iscoroutinefunction):
            if member.__module__ == module.name:
                undecorated.append(f"{module.name}.{name}")
    assert undecorated == []
    assert inspect.iscoroutinefunction(inspect.unwrap(messages.by_id))
    assert inspect.iscoroutinefunction(inspect.unwrap(KeysetQuery.fetch))
    assert not inspect.iscoroutinefunction(KeysetQuery.fetch)
