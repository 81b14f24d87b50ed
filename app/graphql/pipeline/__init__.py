"""From an operation to its responses, for every transport: charge, execute, observe, format."""
