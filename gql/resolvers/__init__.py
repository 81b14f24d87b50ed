"""Root fields: queries, mutations by domain, subscriptions."""
