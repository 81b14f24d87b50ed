"""How many files and connections the system lets a process have open."""

import resource

_OTHERS = 200
"""Those of the database, of Redis, of models, and of files."""


def raise_descriptor_limit(connections: int) -> None:
    """Have room for so many connections, a quarter more that are refused, and what else is open.

    The system may allow fewer; then that is what there is.
    """
    wanted = connections + connections // 4 + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def descriptor_limit() -> int | None:
    """How many connections there is room for; None where the system sets no bound."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else max(1, (soft - _OTHERS) * 4 // 5)
