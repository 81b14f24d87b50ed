"""A server in the process that measures it, used without a network."""
