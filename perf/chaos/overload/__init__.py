"""Twice the load that a process can carry, and what of it is answered."""
