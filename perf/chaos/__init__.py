"""Trials: servers are killed, cut off, attacked and overloaded, and every guarantee is checked."""
