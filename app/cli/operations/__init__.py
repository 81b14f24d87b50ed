"""`guidance operations`: what operators do about the documents of clients."""
