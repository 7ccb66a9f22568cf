"""Rows as SQL would write them, past every rule of ours."""

from jobs.models import Job
from tests.conftest import NOW, seconds


def row(after: float, **values) -> Job:
    return Job.objects.create(target="demo.noop", payload={}, run_at=NOW + seconds(after), **values)
