"""The data set of the benchmarks: thousands of people."""
