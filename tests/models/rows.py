"""Rows as SQL would write them, past every rule of ours."""

from jobs.models import Job
from tests.conftest import NOW, seconds


def row_of(after: float, **values) -> Job:
    return Job(target="demo.noop", payload={}, run_at=NOW + seconds(after), **values)


def row(after: float, **values) -> Job:
    job = row_of(after, **values)
    job.save()
    return job
