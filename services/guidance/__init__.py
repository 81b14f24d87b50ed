"""Replies: what the model is asked, and what becomes of its answer."""
