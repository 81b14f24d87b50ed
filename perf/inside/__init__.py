"""The server in the process that measures it, asked without a network."""
