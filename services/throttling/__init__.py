"""Budgets over time: what a caller may ask for, restored as time passes."""
