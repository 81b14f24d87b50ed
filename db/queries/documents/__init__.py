"""Statements about trusted documents: publication, use and objectives."""
