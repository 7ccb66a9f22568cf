"""Weighs what a worker is made of: the memory of Python and of each library that it imports before any line of ours.

`.venv/bin/python -m verification.weight`: a process of its own imports them one group after another. What two of them
share goes to the first, so only the sum says what is the least that a worker can have."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import psutil

MB = 2**20
GROUPS: dict[str, tuple[str, ...]] = {
    "Python": ("asyncio", "datetime", "decimal", "inspect", "json", "logging", "ssl", "typing"),
    "Celery and kombu": ("celery.app", "celery.bin.worker", "celery.concurrency.thread", "celery.worker.worker"),
    "redis": ("kombu.transport.redis", "redis"),
    "Django and psycopg": ("django.db.models", "django.db.backends.postgresql.base", "psycopg"),
    "HTTP jobs": ("httpcore2",),
    "metrics and logs": ("prometheus_client", "structlog"),
    "arguments, calendars, figures of the node": ("pydantic", "holidays", "psutil"),
}


class Weight(NamedTuple):
    """Memory that a group has added, in MB, resident."""

    group: str
    mb: float


def weigh(groups: Iterable[str] = GROUPS) -> list[Weight]:
    """Return what each group adds, in their order, in a process that has nothing else."""
    command = [sys.executable, "-c", "from verification.weight import _say; _say()", *groups]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [Weight(name, float(mb)) for name, _, mb in (line.rpartition("\t") for line in said.splitlines())]


def _say() -> None:
    for weight in _weighed(sys.argv[1:]):
        print(f"{weight.group}\t{weight.mb}")


def _weighed(groups: Iterable[str]) -> Iterator[Weight]:
    this, before = psutil.Process(), 0.0
    for group in groups:
        for module in GROUPS[group]:
            importlib.import_module(module)
        now = this.memory_info().rss / MB
        yield Weight(group, now - before)
        before = now


def main() -> None:
    found = weigh()
    for weight in found:
        print(f"{weight.mb:6.1f} MB  {weight.group}")
    print(f"{sum(weight.mb for weight in found):6.1f} MB  before any line of ours")


if __name__ == "__main__":
    main()
