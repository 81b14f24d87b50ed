"""The benchmarks, one module or package for each command of `guidance bench`."""
