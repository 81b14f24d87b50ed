"""Budgets of operations, and the variants for which they differ."""
