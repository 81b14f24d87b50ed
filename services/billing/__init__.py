"""Plans, subscriptions and payments."""
