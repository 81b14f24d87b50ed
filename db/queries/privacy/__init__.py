"""Statements about privacy requests, and those generated from the registry of personal data."""
