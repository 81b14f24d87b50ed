"""People write at one instance and read at another, while a replica answers reads."""
