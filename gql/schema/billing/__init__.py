"""Plans, subscriptions, payments and quotas."""
