"""Jobs by their ids, of which there may be thousands."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models.expressions import RawSQL


def is_one_of(job_ids: Iterable[int]) -> RawSQL:
    """Return the condition that a job is one of these: one value, however many they are, so that a statement's text is
    put together once, see `jobs.transitions.rows`."""
    return RawSQL("jobs_job.id = ANY (%s::bigint[])", [list(job_ids)], output_field=models.BooleanField())
