"""Rights that a new job needs for what it may do to others, whoever creates it and by whatever way."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from jobs.permissions import ADD_JOB, CONTROL_JOB, why_refused
from jobs.states import Overlap

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin


def overlap_problems(overlap: str, by: AbstractBaseUser | None) -> list[str]:
    """Return what is wrong with an overlap that stops the jobs of others, for a person or token without the right to
    stop them. A program that names nobody has it, as has plain SQL.
    """
    if overlap != Overlap.CANCEL or by is None or cast("PermissionsMixin", by).has_perm(CONTROL_JOB):
        return []
    return [
        f"This overlap stops jobs that run, which needs the permission '{CONTROL_JOB}'; the user '{by.get_username()}' "
        "does not have it. An administrator can give it in the admin under Users; or choose queue, skip, join or allow."
    ]


def schedule_problems(by: AbstractBaseUser | None) -> list[str]:
    """Return why this person or token may define no schedule, whatever other rights it has: each run is a job."""
    if by is None or cast("PermissionsMixin", by).has_perm(ADD_JOB):
        return []
    return [f"A schedule makes jobs. {why_refused(by.get_username(), ADD_JOB)}"]
