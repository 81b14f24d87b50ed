"""Payments: what billing asks of a provider, Stripe, and the sandbox that takes no money."""
