"""Whether costs grow with the number of messages by more than the height of an index."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log
from statistics import median

from perf.benchmarks.suites.growth.costs import Cost
from perf.statistics.percentiles import Percentile, percentile

ENOUGH_MESSAGES = 100_000
"""With fewer the planner rather reads small tables whole: nothing is compared to that."""
_ENTRIES = 250
"""Entries of a page of an index, about."""
_STATEMENT_BLOCKS = 3
"""Blocks that a statement may read more by chance: where a page or its visibility map ends."""
_SHARE = 0.95


def height(rows: int) -> int:
    """The pages from the root of an index to a leaf, about."""
    return max(1, ceil(log(max(2, rows)) / log(_ENTRIES)))


def allowed_blocks(reference: Cost, before: int, messages: int) -> int:
    """The most blocks of a document with `messages`, by what it costs with the number `before`.

    All of its blocks may be those of descents, and each descent is longer by the index's growth.
    """
    taller = height(messages) / height(before)
    return ceil(reference.blocks * taller) + _STATEMENT_BLOCKS * max(1, reference.statements)


@dataclass(frozen=True, slots=True)
class Measured:
    """The costs of one database, by document and who asks."""

    messages: int
    parts: int
    of: dict[tuple[str, str], Cost]


def growths(reference: Measured, larger: Measured) -> Iterator[str]:
    """A sentence for each document that costs more than an index has grown."""
    for (name, who), cost in larger.of.items():
        before = reference.of.get((name, who))
        if before is None:
            continue
        if cost.statements != before.statements:
            yield (
                f"{name} for {who}: {cost.statements} statements with {larger.messages:,} messages "
                f"in {larger.parts} parts, and {before.statements} with {reference.messages:,}"
            )
        most = allowed_blocks(before, reference.messages, larger.messages)
        if cost.blocks > most:
            yield (
                f"{name} for {who}: {cost.blocks} blocks with {larger.messages:,} messages in "
                f"{larger.parts} parts; {before.blocks} with {reference.messages:,} allow {most}"
            )


def slowdown(reference: Measured, larger: Measured, who: str) -> Percentile | None:
    """The 95th percentile of all documents' times, each over its own before; with its interval."""
    ratios = [
        one / tail
        for key, cost in larger.of.items()
        if key[1] == who and (before := reference.of.get(key)) is not None
        for tail in [median(before.milliseconds)]
        for one in cost.milliseconds
    ]
    usual = [
        one / median(cost.milliseconds)
        for key, cost in reference.of.items()
        if key[1] == who and key in larger.of
        for one in cost.milliseconds
    ]
    then, now = (percentile(sorted(one), _SHARE) for one in (usual, ratios))
    if then is None or now is None:
        return None
    return Percentile(
        now.value / then.value,
        None if now.low is None or then.high is None else now.low / then.high,
        None if now.high is None or then.low is None else now.high / then.low,
    )
