"""Decisions about money."""
