"""Finding the operation that a request asks for: trusted, registered by hash, or sent as text."""
