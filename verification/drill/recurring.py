"""Says whether each nominal time of the load's schedules had its one job. Pure, and from the evidence alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from verification.drill.evidence import Evidence, Noted, Recurring, Row

Place = tuple[str, datetime]  # a schedule and a nominal time


def lost(evidence: Evidence) -> Iterator[str]:
    """Yield a sentence for each nominal time without a job, with a cause why it did not start, or not written down."""
    jobs, noted = _jobs(evidence), _noted(evidence)
    for name, nominal in _expected(evidence):
        who = f"The run of '{name}' at {nominal:%H:%M:%S}"
        rows = noted.get((name, nominal), [])
        if (name, nominal) not in jobs:
            yield f"{who} has no job."
        if not rows:
            yield f"{who} is not in jobs_occurrence."
        for one in rows:
            if one.cause is not None or one.count != 1:
                yield f"{who} is written down as missed ({one.cause}, {one.count} in a row)."


def doubled(evidence: Evidence) -> Iterator[str]:
    """Yield a sentence for each nominal time that has several jobs, or several rows of its history."""
    for (name, nominal), rows in _jobs(evidence).items():
        if len(rows) > 1:
            ids = ", ".join(str(row.job_id) for row in rows)
            yield f"The run of '{name}' at {nominal:%H:%M:%S} has {len(rows)} jobs: {ids}."
    for (name, nominal), noted in _noted(evidence).items():
        if len(noted) > 1:
            yield f"The run of '{name}' at {nominal:%H:%M:%S} has {len(noted)} rows in jobs_occurrence."


def strange(evidence: Evidence) -> Iterator[str]:
    """Yield a sentence for each run at a time that is none of its schedule's, moved by another part of the spread than
    the others, or of another job than its history says."""
    expected, noted = set(_expected(evidence)), _noted(evidence)
    for name, nominal in sorted((_jobs(evidence).keys() | noted.keys()) - expected):
        yield f"'{name}' has a run at {nominal:%H:%M:%S.%f}, which is none of its times."
    for (name, nominal), rows in _jobs(evidence).items():
        ids = {one.job_id for one in noted.get((name, nominal), [])}
        for row in rows:
            if ids and row.job_id not in ids:
                yield f"Job {row.job_id} is the run of '{name}' at {nominal:%H:%M:%S}, and its history says {ids}."
    for schedule in evidence.schedules:
        yield from _moved(schedule, evidence)


def _moved(schedule: Recurring, evidence: Evidence) -> Iterator[str]:
    rows = [row for row in evidence.rows if row.schedule == schedule.name and row.nominal_at is not None]
    offsets = {row.run_at - row.nominal_at for row in rows if row.nominal_at is not None}
    if len(offsets) > 1:
        yield f"The runs of '{schedule.name}' start by {len(offsets)} different parts of its spread."
    if any(not timedelta() <= offset <= timedelta(seconds=schedule.spread) for offset in offsets):
        yield f"Runs of '{schedule.name}' start outside of its spread of {schedule.spread:g} s."


def _expected(evidence: Evidence) -> Iterator[Place]:
    for schedule in evidence.schedules:
        for nominal in schedule.times:
            yield schedule.name, nominal


def _jobs(evidence: Evidence) -> Mapping[Place, list[Row]]:
    found = defaultdict(list)
    for row in evidence.rows:
        if row.nominal_at is not None:
            found[row.schedule, row.nominal_at].append(row)
    return dict(found)


def _noted(evidence: Evidence) -> Mapping[Place, list[Noted]]:
    found = defaultdict(list)
    for one in evidence.occurrences:
        found[one.schedule, one.nominal_at].append(one)
    return dict(found)
