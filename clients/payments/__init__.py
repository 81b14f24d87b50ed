"""Payments: the provider's Protocol, the adapter for Stripe, and a sandbox without real money."""
