"""The HTTP edge, and the composition root: everything is built here, once a process."""
