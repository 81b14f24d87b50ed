"""Use cases, one folder per domain: `records` are its values, `rules` its pure decisions."""
