"""Runs documents in this process, and records the statements and the size of the answer."""
