"""Servers to measure, how they are started, and connections to them."""
