"""Compares two runs: latencies, failures, coverage and costs, and what explains them."""
