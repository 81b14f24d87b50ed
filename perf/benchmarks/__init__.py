"""Benchmarks: what a request, a reply or a stream costs, beside a reference."""
