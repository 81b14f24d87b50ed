"""The results as Markdown tables."""

from collections.abc import Iterator, Mapping, Sequence

from perf.chaos.hostile.trial import AttackResult

_MOST_ANSWERS = 3


def lines(tried: Sequence[AttackResult], refused: Mapping[str, str]) -> Iterator[str]:
    """The tables of attacks and of honest uses."""
    yield (
        "| attack | point | settings | calm p99 | p99 | worst | times | more memory | "
        "settled after | answered with | |"
    )
    yield "|---|---|---|--:|--:|--:|--:|--:|--:|---|---|"
    yield from (row(one) for one in tried)
    yield ""
    yield "| honest use | |"
    yield "|---|---|"
    yield from (f"| {use} | {why or 'served'} |" for use, why in refused.items())


def row(one: AttackResult) -> str:
    """The table row of one attack."""
    settled = f"{one.settled_after:.1f} s" if one.settled_after is not None else "never"
    verdict = "PASS" if one.is_conclusive else "INCONCLUSIVE: the machine is busy"
    if one.missed:
        verdict = f"FAIL: {'; '.join(one.missed)}"
    cells = (
        f"{one.attack.name}: {one.attack.description}",
        one.attack.point,
        one.attack.settings.name,
        _milliseconds(one.calm.p99),
        _milliseconds(one.under_attack.p99),
        _milliseconds(one.under_attack.worst),
        f"{one.ratio:.1f}",
        f"{one.grown_bytes / 2**20:.0f} MB",
        settled,
        _answers(one.answers),
        verdict,
    )
    return f"| {' | '.join(cells)} |"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _answers(answers: Mapping[str, int]) -> str:
    common = sorted(answers.items(), key=lambda one: -one[1])[:_MOST_ANSWERS]
    return ", ".join(f"{count} times {answer}" for answer, count in common) or "nothing"
