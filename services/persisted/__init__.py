"""Texts that clients registered by their hash: automatic persisted queries."""
