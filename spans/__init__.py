"""Where the time of a request passes: one source for metrics, `Server-Timing`, logs and traces."""
