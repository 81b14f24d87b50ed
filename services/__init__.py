"""Use-cases, one folder a domain; `records` are its values, `rules` its pure decisions."""
