"""What is observed of the server and the machine during a run."""
