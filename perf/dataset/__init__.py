"""Generated data for an empty database: a small demo, or enough to measure with."""
