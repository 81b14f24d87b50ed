"""Clears tracebacks of errors, which keep much memory alive.

A traceback refers to frames with their variables and callers, up to the endpoint with the request's
body and credential. Whatever refers to the error would keep all of that in memory.
"""

from collections.abc import Iterable


def clear_tracebacks(errors: Iterable[BaseException]) -> None:
    """Clear the tracebacks of errors that are not raised again, and of their causes."""
    left, seen = list(errors), set[int]()
    while left:
        error = left.pop()
        if id(error) in seen:
            continue
        seen.add(id(error))
        error.__traceback__ = None
        causes = (error.__cause__, error.__context__, getattr(error, "original_error", None))
        left += [cause for cause in causes if cause is not None]
