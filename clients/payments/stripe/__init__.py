"""The adapter for Stripe: charges, customers, refunds, meters and history."""
