"""Budgets of function calls: agreed on, changed with a reason, and checked."""
