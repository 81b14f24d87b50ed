"""Throttling: rate limits over time (token buckets), and limits on concurrent operations."""
