"""Very many open streams in one process."""
