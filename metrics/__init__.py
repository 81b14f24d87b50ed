"""Every measurement of the process; imports nothing of ours."""
