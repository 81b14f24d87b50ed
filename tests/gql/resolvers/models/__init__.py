"""Several models: who writes, who goes on, what it took, and titles."""
