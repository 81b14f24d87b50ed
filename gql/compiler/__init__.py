"""Compiles an operation into Python functions that encode its answer; does no I/O."""
