"""Sentences that are stored with a job or a run may name another job, key or schedule: what its reader does not see is
not named to him. They are stored as they are, and read by those who see all as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import Match
from typing import Any, TypeVar, cast

from jobs.models import Attempt, Audit, Job, Occurrence, Schedule
from jobs.models.history import find
from jobs.models.querysets.within import is_narrow
from jobs.rights.reach import Reach
from jobs.rights.seeing import seen_ids

# As jobs/transitions/ writes them, and nothing else: what people and targets say stays as they have said it.
JOB = re.compile(r"\bJob (\d{1,18})(?= of the (?:same key takes|(?:key|queue) ')|, which it waited for,)")
LAST = re.compile(r"(\bIt waited for )job (\d{1,18})(?:, the last of \d+)?(?=\.)")
JOBS = re.compile(r"\b\d+ (jobs of the (key|queue) '(.*)' )(?=ran|were )")
FULL = re.compile(r"(The (queue|key) '(.*)' was full): \d+ of it ran\.")
RUN = re.compile(r"(\b[Tt]he run of )'(.*)'(?= of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC)")
DAY = re.compile(r"(\b[Ww]hat )the schedule '(.*)'(?= has that day)")
# Where such sentences are stored.
COLUMNS = {Job: ("reason", "waited_for"), Attempt: ("error",), Audit: ("reason",), Occurrence: ("why",)}
STORY = ("attempts", "audit")
AFTER = "after_ids"  # of a schedule

R = TypeVar("R", bound=Any)


def tell(rows: Iterable[R], reach: Reach) -> list[R]:
    """Return these jobs, runs, starts and lines of the audit, whose sentences name nothing that somebody of this reach
    does not see: they are for showing, not for saving. A job's story is told with it, as far as it has been read. Two
    statements where anything is named, and one for jobs of the history."""
    found = list(rows)
    if not is_narrow(reach):
        return found
    everything = [*found, *(more for row in found for name in STORY for more in _read_with(row, name))]
    texts = [text for row in everything for text in _texts(row).values()]
    jobs = {int(match[1]) for text in texts for match in JOB.finditer(text)}
    jobs |= {int(match[2]) for text in texts for match in LAST.finditer(text)}
    jobs |= {row.joined_id for row in everything if isinstance(row, Job) and row.joined_id is not None}
    names = {match[2] for text in texts for pattern in (RUN, DAY) for match in pattern.finditer(text)}
    seen = seen_ids(jobs, reach) if jobs else set()
    known = Schedule.objects.within(reach).filter(name__in=names).order_by() if names else Schedule.objects.none()
    schedules = set(known.values_list("name", flat=True)) if names else set()
    _without_others([row for row in everything if isinstance(row, Audit)], reach)
    for row in everything:
        for column, text in _texts(row).items():
            setattr(row, column, _without_names(text, seen, schedules, reach))
        if isinstance(row, Job) and row.joined_id not in seen:
            row.joined_id = None
    return found


def seen_job(job_id: int, reach: Reach) -> Job | None:
    """Return the job with its story, also one that has gone into the history; None where there is none, or none that
    this user sees."""
    job = Job.objects.for_people().with_story().filter(pk=job_id).first() or find(job_id)
    return tell([job], reach)[0] if job is not None and reach.sees_job(job) else None


def _without_others(audit: list[Audit], reach: Reach) -> None:
    """Leave out of what has changed of schedules after which others they come, where those are not seen."""
    described = (cast("dict[str, Any] | None", one) for row in audit for one in (row.before, row.after))
    values = [one for one in described if one and one.get(AFTER)]
    ids = {pk for one in values for pk in one[AFTER]}
    if not ids:
        return
    seen = set(Schedule.objects.within(reach).filter(pk__in=ids).order_by().values_list("pk", flat=True))
    for one in values:
        one[AFTER] = [pk for pk in one[AFTER] if pk in seen]


def _read_with(row: Any, name: str) -> list[Any]:
    """Return what was read together with a job."""
    read: dict[str, Any] = getattr(row, "_prefetched_objects_cache", {})
    return list(read.get(name, ()))


def _texts(row: Any) -> dict[str, str]:
    """Return the sentences of a row by their columns, without those that were not read."""
    read = {name: row.__dict__.get(name) for name in COLUMNS[type(row)]}
    return {name: text for name, text in read.items() if text and isinstance(text, str)}


def _without_names(text: str, jobs: set[int], schedules: set[str], reach: Reach) -> str:
    def job(match: Match[str]) -> str:
        return match[0] if int(match[1]) in jobs else "Another job"

    def last(match: Match[str]) -> str:
        return match[0] if int(match[2]) in jobs else f"{match[1]}another job"

    def of_limit(match: Match[str]) -> str:
        return match[0] if reach.has(match[2], match[3]) else f"Other {match[1]}"

    def full(match: Match[str]) -> str:
        return match[0] if reach.has(match[2], match[3]) else f"{match[1]}."

    def schedule(match: Match[str]) -> str:
        return match[0] if match[2] in schedules else f"{match[1]}another schedule"

    ways = ((JOB, job), (LAST, last), (JOBS, of_limit), (FULL, full), (RUN, schedule), (DAY, schedule))
    for pattern, shown in ways:
        text = pattern.sub(shown, text)
    return text
