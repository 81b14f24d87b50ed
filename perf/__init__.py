"""Measuring the server: benchmarks, load tests, budgets, comparisons, data sets and trials."""
