"""Door, whatever a command line asks an installation by: `Client` is one, and the database of `manage.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from jobs.client.shapes import CreatedJobs, Job, JobChanges, JobDetail, Limit, NewJob, Worker


class Door(Protocol):
    """Questions and requests, each as `Client` has it. Raise Refused, Unreachable."""

    def job(self, job_id: int, /) -> JobDetail: ...
    def jobs(self, q: str = "", *, history: bool = False, limit: int | None = None) -> Iterator[Job]: ...
    def create(self, job: NewJob, /, *, idempotency_key: str | None = None) -> tuple[JobDetail, bool]: ...
    def import_jobs(
        self,
        content: bytes,
        kind: str,
        /,
        *,
        time_zone: str | None = None,
        partial: bool = False,
        preview: bool = False,
        idempotency_key: str | None = None,
    ) -> tuple[CreatedJobs, bool]: ...
    def edit(self, job_id: int, changes: JobChanges, /, *, version: int | None = None) -> Job: ...
    def reschedule(self, job_id: int, run_at: str, /, *, reason: str = "") -> Job: ...
    def cancel(self, job_id: int, /, *, reason: str = "") -> Job: ...
    def retry(self, job_id: int, /, *, reason: str = "") -> Job: ...
    def run_now(self, job_id: int, /) -> Job: ...
    def workers(self) -> list[Worker]: ...
    def limits(self) -> list[Limit]: ...


class Rehearsing(Protocol):
    """Door that can do something and take it back, so that it is known what would come of it."""

    def rehearsal(self) -> Door: ...
