"""The gate's data: the rows, the callers that own them, and how to restore them."""
