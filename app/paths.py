"""Paths that more than one module knows."""

GRAPHQL_PATH = "/graphql"
