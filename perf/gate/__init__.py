"""Checks our own documents against their budgets, without measuring time."""
