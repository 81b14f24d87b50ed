"""The life of a reply, whoever pays for it: leased, written, completed, or recovered."""
