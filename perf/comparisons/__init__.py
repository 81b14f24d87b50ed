"""Comparisons: two versions in turns, two runs, and the server with and without a tuning."""
