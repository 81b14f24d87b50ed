"""Decisions about money, as pure functions: periods, sums, and how subscriptions change state."""
