"""The benchmarks, one module or package for each `guidance bench` command."""
