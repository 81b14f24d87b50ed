"""What the privacy law gives people: a copy of their data, and its erasure."""
