"""Jobs in words, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobs.client.cli.output import cell, jsoned, moment, printable, table

HIDDEN = {"id", "state", "attempts", "audit", "reason"}
ATTEMPTS = ("number", "worker", "locked_at", "started_at", "finished_at", "outcome_name", "error")
AUDIT = ("at", "verb", "by", "reason", "from_state_name", "to_state_name")


def in_short(job: Mapping[str, Any]) -> str:
    """Return what a job is, in a few words."""
    name = f" '{printable(job['name'])}'" if job["name"] else ""
    held = f", held by {job['held_by']}" if job["held_by"] else ""
    return f"{job['target']}{name}, queue {job['queue']}, at {moment(job['run_at'])}, {job['state_name']}{held}"


def whole(job: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a job: each field that says something, its starts and its audit."""
    yield f"Job {job['id']}: {job['state_name']}"
    if job["reason"]:
        yield printable(job["reason"])
    said = {name: value for name, value in job.items() if name not in HIDDEN and value not in (None, "", [], {}, False)}
    width = max(map(len, said))
    for name, value in said.items():
        text = jsoned(value) if isinstance(value, dict | list) else moment(str(value))
        yield f"  {name.ljust(width)}  {printable(text)}"
    for what, columns in (("attempts", ATTEMPTS), ("audit", AUDIT)):
        if job[what]:
            yield f"{what}:"
            rows = [[cell(row.get(column)) for column in columns] for row in job[what]]
            yield from (f"  {line}" for line in table(columns, rows))
