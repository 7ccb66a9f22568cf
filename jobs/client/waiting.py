"""Ends of jobs, for whoever waits for them from elsewhere."""

from __future__ import annotations

from jobs.client.shapes import JobDetail

FIRST_LOOK, LAST_LOOK = 0.1, 2.0  # seconds between two looks
OPEN = ("pending", "running")


def followed(job: JobDetail) -> int | None:
    """Return the job to look at where this one has ended: itself, or that which it has joined and that stands for it.
    None: it has not ended."""
    if job["state_name"] in OPEN:
        return None
    return job["joined_id"] or job["id"]


def not_ended(job: JobDetail, timeout: float | None) -> TimeoutError:
    """Return the error for a job that has not ended within so many seconds."""
    return TimeoutError(f"Job {job['id']} has not ended within {timeout or 0:g} s; it is {job['state_name']}.")
