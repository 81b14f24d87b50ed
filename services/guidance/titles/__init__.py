"""Titles of conversations by the model: apart from the replies, never over a person's."""
