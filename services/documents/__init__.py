"""Trusted documents: the registry of what clients published, its state and its usage."""
