"""Redaction: the model never sees what identifies people."""
