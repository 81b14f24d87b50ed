"""The report of two load tests: what changed between them, and why."""
