"""Statistical tests and intervals, each with its reference."""
