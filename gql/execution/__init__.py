"""How an operation runs: prepared once a document, executed with what differs per request."""
