"""The outside world as this program asks it: a protocol for each, and what speaks to it."""
