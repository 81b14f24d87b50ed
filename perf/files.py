"""How many files, and so connections, this process and what it starts may have open."""

import resource


def raise_open_files() -> int:
    """Allow as many as the operating system lets, and give how many that are."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
