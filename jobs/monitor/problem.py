"""Problems of the verdict. What one names leads to its page, and what it counts to the list of these jobs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from jobs.models.querysets import OVERDUE_AFTER
from jobs.monitor.snapshot import JobLine
from jobs.monitor.words import counted
from jobs.web.addresses import here

LATE = f"{OVERDUE_AFTER.total_seconds():g}"


class Link(NamedTuple):
    """A part of a sentence, and where it leads."""

    text: str
    address: str


@dataclass(frozen=True)
class Problem:
    """Problem of the platform. `level` is bad (jobs do not start, or start late) or warn; `links`: from parts of what
    is wrong, in their order there."""

    level: str
    what: str
    remedy: str
    command: str = ""
    links: tuple[Link, ...] = ()


def to_jobs(text: str, **filters: str) -> Link:
    """Return a link to the jobs that these filters find."""
    return Link(text, here(f"/jobs/?{urlencode(filters)}"))


def to_count(count: int, **filters: str) -> Link:
    """Return a link from the words that say how many these are."""
    return to_jobs(counted(count, "", "").strip(), **filters)


def to_each(names: Iterable[str], of: str) -> tuple[Link, ...]:
    """Return a link from each of these queues or workers to its jobs."""
    return tuple(to_jobs(name, **{of: name}) for name in names)


def to_pages(jobs: Iterable[JobLine]) -> tuple[Link, ...]:
    """Return a link from each of these jobs, as it is named, to its page."""
    return tuple(Link(job_name(job), here(f"/jobs/{job.id}/")) for job in jobs)


def job_name(job: JobLine) -> str:
    """Name a job in a sentence."""
    return f"{job.id} ({job.title})"
