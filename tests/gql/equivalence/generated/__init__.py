"""Schemas, documents, variables and data, made of a seed, and what two executors make of them."""
