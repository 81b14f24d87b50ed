"""Runs operations: compiled code, its fallback to graphql-core, subscriptions, answers in parts."""
