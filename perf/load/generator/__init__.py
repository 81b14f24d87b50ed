"""The open-loop load generator, and what becomes of each request."""
