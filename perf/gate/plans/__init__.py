"""Checks the query plans of the statements that a document runs."""
