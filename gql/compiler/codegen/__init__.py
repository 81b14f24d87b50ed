"""Generates the text of the functions that encode an answer."""
