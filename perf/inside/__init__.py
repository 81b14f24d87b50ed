"""The server within the process that measures it: asked without a network, so that all is counted."""
