"""Conversations, messages and replies."""
