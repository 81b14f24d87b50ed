"""Parsing the Prometheus text format, and differences between two scrapes."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TypeAlias

Exposition: TypeAlias = Mapping[tuple[str, str], float]
"""Values by metric name and label text."""

_LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9.eE+-]+|NaN|\+Inf)$")
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def read_exposition(text: str) -> dict[tuple[str, str], float]:
    """Parse the text format; comments and malformed lines are skipped."""
    found = {}
    for line in text.splitlines():
        read = _LINE.match(line)
        if read is not None:
            name, labels, value = read.groups()
            found[name, labels or ""] = float(value)
    return found


def increase(before: Exposition, after: Exposition) -> dict[tuple[str, str], float]:
    """The increase of each value that changed."""
    return {
        series: value - before.get(series, 0.0)
        for series, value in after.items()
        if value != before.get(series, 0.0)
    }


def total(exposition: Exposition, name: str) -> float:
    """The sum of a metric over all labels."""
    return sum(value for (series, _), value in exposition.items() if series == name)


def by_label(exposition: Exposition, name: str, label: str) -> dict[str, float]:
    """The sums of a metric by one label."""
    return {value: total for (value,), total in by_labels(exposition, name, label).items()}


def by_labels(exposition: Exposition, name: str, *wanted: str) -> dict[tuple[str, ...], float]:
    """The sums of a metric by several labels, in the given order."""
    sums: dict[tuple[str, ...], float] = defaultdict(float)
    for (series, labels), value in exposition.items():
        if series == name:
            found = dict(_LABEL.findall(labels))
            sums[tuple(found.get(label, "") for label in wanted)] += value
    return dict(sums)
