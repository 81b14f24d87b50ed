"""Clients of outside services: for each a Protocol, and the adapter that implements it."""
