"""Statements about subscriptions, payments and the payment provider's events."""
