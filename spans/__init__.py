"""Traces: where the time of a request goes, for metrics, `Server-Timing`, logs and reports."""
