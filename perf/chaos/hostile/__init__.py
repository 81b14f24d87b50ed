"""Attacks on a server as an outsider would write them, and their effect on another client."""
