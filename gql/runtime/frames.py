"""Errors without the frames that they came through.

A frame holds its variables and leads to its callers, up to the endpoint of the request with its
body and credential: what keeps an error, or is a variable of such a frame, holds all of that.
"""

from collections.abc import Iterable


def forget_frames(errors: Iterable[BaseException]) -> None:
    """Drop the tracebacks of errors that nobody raises again, and of what they were caused by."""
    left, seen = list(errors), set[int]()
    while left:
        error = left.pop()
        if id(error) in seen:
            continue
        seen.add(id(error))
        error.__traceback__ = None
        causes = (error.__cause__, error.__context__, getattr(error, "original_error", None))
        left += [cause for cause in causes if cause is not None]
