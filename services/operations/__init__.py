"""Trusted documents: who published what, in which state, and how it is used."""
