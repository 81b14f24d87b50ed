"""Statements about companies, their API keys, and metered use."""
