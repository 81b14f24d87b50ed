"""Automatic persisted queries: texts that clients registered under their hash."""
