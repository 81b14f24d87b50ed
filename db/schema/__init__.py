"""Keeping a database's schema as the tables declare it: migrations and indexes."""
