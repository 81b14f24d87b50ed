"""What is promised of every operation that has no promise of its own."""

OBJECTIVE_P95_MS, OBJECTIVE_P99_MS = 300, 700
"""What is promised of everything that reads, and agreed where nothing else is."""
OBJECTIVE_ERROR_SHARE = 0.005
"""The part of what is worked for that may have a fault of ours, whatever is asked."""
