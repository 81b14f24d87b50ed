"""Talking: messages, the replies that the model writes, and those who read along."""
