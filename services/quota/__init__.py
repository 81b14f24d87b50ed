"""The messages that a person may send on a UTC day."""
