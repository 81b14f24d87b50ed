"""Conversations: started, named, archived, deleted."""
