"""Checks every field of the schema with generated documents, over many parents."""
