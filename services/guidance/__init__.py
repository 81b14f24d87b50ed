"""Chat: people's messages, the model's replies, and following a reply while it is written."""
