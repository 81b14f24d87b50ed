"""How fields get their values: resolvers, their arguments, and their calls."""
