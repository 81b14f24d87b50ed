"""Who makes a request: people, API clients and anonymous callers."""
