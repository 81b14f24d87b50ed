"""Exports: a person's data, written into an archive that can be downloaded."""
