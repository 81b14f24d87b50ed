"""Attacks on a server, as an outsider would write them, and what they do to somebody else."""
