"""Context windows: what of a prompt a model has room for, by the tokens that it counts itself."""
