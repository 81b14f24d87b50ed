"""Resource use of requests, and the load of the machine, as text."""

from perf.load.result import KeptMemory, LoadReport, Machine, Spent

_NO_SPENT = Spent(server_cpu_ms=None, database_cpu_ms=None, memory=None, machine=None)


def effort_words(report: LoadReport) -> str:
    """Statements, rows and processor time of a request, and memory growth."""
    spent = ", ".join(f"{number:.2f} {name}" for name, number in each_request(report).items())
    growth = memory_words(spent_of(report).memory)
    return f"{spent or 'not known'}; memory: {growth}"


def machine_words(machine: Machine | None) -> str:
    """The busy and stolen shares, and the load average."""
    if machine is None:
        return "not known"
    return (
        f"{machine.busy_share:.0%} busy, {machine.stolen_share:.1%} stolen by other machines, "
        f"load {machine.load:.1f}"
    )


def memory_words(growth: KeptMemory | None) -> str:
    """`231 MB, 12 bytes of each request kept, between -80 and 104`."""
    if growth is None:
        return "not known"
    return (
        f"{growth.resident_bytes / 1e6:.0f} MB, "
        f"{growth.request_bytes:.0f} bytes of each request kept, "
        f"between {growth.low:.0f} and {growth.high:.0f}"
    )


def each_request(report: LoadReport) -> dict[str, float]:
    """Use of resources by one request, the least noisy first."""
    requests = sum(one.requests for one in report.operations.values())
    found: dict[str, float] = {}
    if report.counts is not None and requests:
        rows = sum(use.rows for use in report.counts.methods.values())
        found |= {
            "statements": report.counts.statements / requests,
            "rows": rows / requests,
        }
    spent = spent_of(report)
    for name, number in (
        ("ms of the server's processor", spent.server_cpu_ms),
        ("ms of the database's processor", spent.database_cpu_ms),
    ):
        if number is not None:
            found[name] = number
    return found


def spent_of(report: LoadReport) -> Spent:
    """The measured resources, all unknown if there are none."""
    return report.spent or _NO_SPENT
