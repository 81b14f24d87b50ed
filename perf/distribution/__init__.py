"""Whether people's rows can be distributed: what statements and tables must keep to for that."""
