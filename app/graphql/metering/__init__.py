"""What operations cost their callers: budgets are charged before, and settled after, they run."""
