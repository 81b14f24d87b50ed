"""Statements about conversations, messages, replies being written, and their quota."""
