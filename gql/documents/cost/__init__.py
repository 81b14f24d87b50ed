"""The cost of operations: computed before they run, and counted in their answers."""
