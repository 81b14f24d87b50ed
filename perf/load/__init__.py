"""Load tests: a workload, an open-loop generator, what the server counted, and the report."""
