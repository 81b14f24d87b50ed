"""What the benchmarks share: operations, people, closed loops and comparisons."""
