"""Parsing, limits and validation of documents, and the form of their errors."""
