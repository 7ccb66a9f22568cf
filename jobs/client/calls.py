"""Requests of REST, each made and its answer read in one place: both clients send these."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

from jobs.client.shapes import CreatedJobs, Job, JobChanges, JobDetail, Limit, NewJob, Worker

T = TypeVar("T")
JOBS = "api/v1/jobs/"
LONGEST_PAGE = 200
LONGEST_IMPORT = 300.0  # seconds that an answer about 100,000 rows may take
KEY = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True)
class Answer:
    """Answer that is no refusal."""

    status: int
    body: Any


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request. `path`: below the installation's address. `repeatable`: done twice it is done once. `content`: a
    body that is no JSON, of this kind. `patience`: seconds that its answer may take at
    least; None: as for any other."""

    method: str
    path: str
    read: Callable[[Answer], T]
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False
    content: bytes | None = None
    kind: str = "application/json"
    patience: float | None = None


@dataclass(frozen=True)
class Page:
    """Page of the list of jobs. `following`: the query of the next one; None: it is the last."""

    jobs: list[Job]
    following: Mapping[str, Any] | None


def job(job_id: int) -> Call[JobDetail]:
    """Read a job, with its starts and its audit."""
    return Call("GET", _of(job_id), _detail, repeatable=True)


def create(job: NewJob, *, idempotency_key: str | None = None) -> Call[tuple[JobDetail, bool]]:
    """Create a job. Returns it with True; with False the earlier one, where its key was used before. It has a key in
    each case, so that it is created once however often it is sent."""
    headers = {"Idempotency-Key": _key(idempotency_key)}

    def read(answer: Answer) -> tuple[JobDetail, bool]:
        return _detail(answer), answer.status == 201

    return Call("POST", JOBS, read, body=job, headers=headers, repeatable=True)


def create_many(jobs: Iterable[NewJob], *, idempotency_key: str | None = None) -> Call[list[int]]:
    """Create all of these jobs, or none; returns their ids, in their order."""
    headers = {"Idempotency-Key": _key(idempotency_key)}
    return Call("POST", f"{JOBS}bulk/", _ids, body={"jobs": list(jobs)}, headers=headers, repeatable=True)


def import_jobs(
    content: bytes,
    kind: str,
    *,
    time_zone: str | None = None,
    partial: bool = False,
    preview: bool = False,
    idempotency_key: str | None = None,
) -> Call[tuple[CreatedJobs, bool]]:
    """Create all jobs of a file, or none. `kind`: its Content-Type, of CSV, NDJSON or a workbook; `time_zone`: of times
    in it that name none; `partial`: those that are good; `preview`: none, but say what is wrong. Returns what was
    created and what was wrong, and whether the jobs are new: with a key that was used before they are the earlier
    ones."""
    wanted = {"partial": partial, "preview": preview}
    query = {name: "true" for name, wish in wanted.items() if wish} | ({"time_zone": time_zone} if time_zone else {})

    def read(answer: Answer) -> tuple[CreatedJobs, bool]:
        return cast("CreatedJobs", answer.body), answer.status == 201

    return Call(
        "POST",
        f"{JOBS}bulk/",
        read,
        query=query,
        headers={"Idempotency-Key": _key(idempotency_key)},
        repeatable=True,
        content=content,
        kind=kind,
        patience=LONGEST_IMPORT,
    )


def edit(job_id: int, changes: JobChanges, *, version: int | None = None) -> Call[Job]:
    """Edit a job that has not started. `version`: the one that was seen; one that is another by now is refused. None:
    whatever it is."""
    headers = {"If-Match": "*" if version is None else f'"{version}"'}
    return Call("PATCH", _of(job_id), _job, body=changes, headers=headers)


def reschedule(job_id: int, run_at: str | datetime, *, reason: str = "") -> Call[Job]:
    """Move a job that has not started to another time: ISO 8601 with a zone, or an aware datetime."""
    body = {"run_at": run_at, **({"reason": reason} if reason else {})}
    return Call("PATCH", _of(job_id), _job, body=body, repeatable=True)


def cancel(job_id: int, *, reason: str = "") -> Call[Job]:
    """Cancel a job that has not started, or ask one that runs to stop."""
    return Call("POST", f"{_of(job_id)}cancel/", _job, body={"reason": reason})


def retry(job_id: int, *, reason: str = "") -> Call[Job]:
    """Start a failed, interrupted, cancelled or skipped job again. An interrupted one needs a reason."""
    return Call("POST", f"{_of(job_id)}retry/", _job, body={"reason": reason})


def run_now(job_id: int) -> Call[Job]:
    """Start a pending job at once instead of at its time."""
    return Call("POST", f"{_of(job_id)}run-now/", _job, body={})


def workers() -> Call[list[Worker]]:
    """List the workers."""
    return Call("GET", "api/v1/workers/", _workers, repeatable=True)


def limits() -> Call[list[Limit]]:
    """List the queues and keys that have limits or are paused."""
    return Call("GET", "api/v1/limits/", _limits, repeatable=True)


def page(query: Mapping[str, Any]) -> Call[Page]:
    """Read a page of the list of jobs."""
    return Call("GET", JOBS, _page, query=query, repeatable=True)


def first_page(q: str, *, history: bool, limit: int | None, **filters: Any) -> Mapping[str, Any]:
    """Return the query of the first page. `q`: a filter as text, and words; `filters`: those of REST, by name."""
    size = LONGEST_PAGE if limit is None else min(max(limit, 1), LONGEST_PAGE)
    asked = {**filters, "page_size": size}
    return asked | ({"q": q} if q else {}) | ({"history": "true"} if history else {})


def _of(job_id: int) -> str:
    return f"{JOBS}{int(job_id)}/"


def _key(key: str | None) -> str:
    """Return the header's value: a string of a structured field. Raises ValueError for what none can be."""
    if key is None:
        return f'"{uuid.uuid4()}"'
    if not KEY.fullmatch(key):
        raise ValueError("An Idempotency-Key has 1 to 255 printable characters of ASCII; choose such a one.")
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _job(answer: Answer) -> Job:
    return cast("Job", answer.body)


def _detail(answer: Answer) -> JobDetail:
    return cast("JobDetail", answer.body)


def _ids(answer: Answer) -> list[int]:
    return cast("list[int]", answer.body["ids"])


def _workers(answer: Answer) -> list[Worker]:
    return cast("list[Worker]", answer.body)


def _limits(answer: Answer) -> list[Limit]:
    return cast("list[Limit]", answer.body)


def _page(answer: Answer) -> Page:
    """Read a page; of the address of the next one its query alone: a proxy may call the same place otherwise."""
    following = answer.body["next"]
    if following is None:
        return Page(answer.body["results"], None)
    query: dict[str, Any] = {}
    for name, value in parse_qsl(urlsplit(following).query, keep_blank_values=True):
        query[name] = [*query[name], value] if name in query else [value]
    return Page(answer.body["results"], query)
