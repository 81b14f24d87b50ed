"""How many rows a page has."""

DEFAULT_SIZE = 20
"""Where nothing is said."""
LARGEST_SIZE = 100
