"""Reads from a replica: whether it may be read, and what it must have replayed for whom."""
