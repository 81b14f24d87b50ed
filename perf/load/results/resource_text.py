"""Resource use of requests, and the load of the machine, as text."""

from perf.load.results.report import LoadReport, MachineLoad, MemoryGrowth, ResourceUse

_NO_SPENT = ResourceUse(server_cpu_ms=None, database_cpu_ms=None, memory=None, machine=None)


def format_effort(report: LoadReport) -> str:
    """Statements, rows and processor time of a request, and memory growth."""
    spent = ", ".join(f"{number:.2f} {name}" for name, number in use_per_request(report).items())
    growth = format_memory(resources_of(report).memory)
    return f"{spent or 'not known'}; memory: {growth}"


def format_machine(machine: MachineLoad | None) -> str:
    """The busy and stolen shares, and the load average."""
    if machine is None:
        return "not known"
    return (
        f"{machine.busy_share:.0%} busy, {machine.stolen_share:.1%} stolen by other machines, "
        f"load {machine.load:.1f}"
    )


def format_memory(growth: MemoryGrowth | None) -> str:
    """`231 MB, 12 bytes of each request kept, between -80 and 104`."""
    if growth is None:
        return "not known"
    return (
        f"{growth.resident_bytes / 1e6:.0f} MB, "
        f"{growth.request_bytes:.0f} bytes of each request kept, "
        f"between {growth.low:.0f} and {growth.high:.0f}"
    )


def use_per_request(report: LoadReport) -> dict[str, float]:
    """Use of resources by one request, the least noisy first."""
    requests = sum(one.requests for one in report.operations.values())
    found: dict[str, float] = {}
    if report.counts is not None and requests:
        rows = sum(use.rows for use in report.counts.methods.values())
        found |= {
            "statements": report.counts.statements / requests,
            "rows": rows / requests,
        }
    spent = resources_of(report)
    for name, number in (
        ("ms of the server's processor", spent.server_cpu_ms),
        ("ms of the database's processor", spent.database_cpu_ms),
    ):
        if number is not None:
            found[name] = number
    return found


def resources_of(report: LoadReport) -> ResourceUse:
    """The measured resources, all unknown if there are none."""
    return report.spent or _NO_SPENT
