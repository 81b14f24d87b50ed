"""The operating system's limit of open files, as a limit of connections."""

import resource

_OTHERS = 200
"""Descriptors reserved for the database, Redis, model connections and files."""


def raise_file_descriptor_limit(connections: int) -> None:
    """Raise the limit for so many connections, a quarter more to refuse, and everything else.

    Where the hard limit is lower, it is raised to that.
    """
    wanted = connections + connections // 4 + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def max_connections_of_descriptors() -> int | None:
    """How many connections the descriptor limit allows; None if there is no limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else max(1, (soft - _OTHERS) * 4 // 5)
