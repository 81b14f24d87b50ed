"""The tunings of the performance report of 2026-02-20, each switched off and on in one run."""
