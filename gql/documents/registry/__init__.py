"""Trusted documents: those that run by id, their checks, and schema changes that break them."""
