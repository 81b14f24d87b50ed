"""Compares two versions of the server in turns: quantiles, counts, and what can be told."""
