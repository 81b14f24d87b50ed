"""Twice the load that a process can carry, and how much of it is answered."""
