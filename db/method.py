"""Repository methods: what they do besides their statements is told apart from these."""

from spans.attribution import attributed_to
from spans.part import Kind

repository_method = attributed_to(Kind.METHOD)
"""Decorates each coroutine function of `db.queries`; a traced request knows it by its statement."""
