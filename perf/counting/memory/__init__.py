"""Finds memory leaks: measured in a process of its own, located by source line."""
