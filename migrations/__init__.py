"""Alembic: the schema's history, from an empty database to head and back."""
