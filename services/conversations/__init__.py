"""Conversations: start, rename, archive and delete them."""
