"""Deadline, retries, retry budget and circuit breaker around the chat API."""
