"""The rows of docs/metrics.md."""

from __future__ import annotations

from jobs.metrics.table import Metric


def row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {metric.giver} | {labels} | {metric.help} |"
