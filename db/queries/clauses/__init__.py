"""Building blocks of statements that several domains use."""
