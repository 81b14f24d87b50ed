"""Reading the chat API's responses: the stream, its events and chunks, errors and waits."""
