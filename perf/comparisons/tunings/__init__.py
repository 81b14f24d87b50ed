"""Measures each tuning of the performance report of 2026-02-20, switched off and on."""
