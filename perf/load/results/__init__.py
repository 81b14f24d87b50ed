"""From samples to a report: its model, targets, checks, and how it is printed."""
