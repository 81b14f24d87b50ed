"""Running migrations while the previous version serves: locks, rewritten tables, failures."""
