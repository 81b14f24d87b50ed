"""Keeping what identifies people from the model."""
