"""Work beside requests: periodic jobs, and buffers that are written behind."""
