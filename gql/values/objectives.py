"""The objectives of operations that have no budget of their own."""

OBJECTIVE_P95_MS, OBJECTIVE_P99_MS = 300, 700
"""Latency of queries, in milliseconds."""
OBJECTIVE_ERROR_SHARE = 0.005
"""Share of executed requests that may fail through a fault of the server."""
