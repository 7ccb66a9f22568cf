"""Refusals of changes of what is another by now than the caller has seen: with what has become of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from jobs.api.refusals import PreconditionFailed
from jobs.api.serializers import AuditSerializer, JobSerializer
from jobs.models import Job
from jobs.rights import Reach
from jobs.rights.telling import tell

MOST_CHANGES = 10


def changed_since(
    job: Job, why: str, seen: Collection[int] | None, *, given: Iterable[str], reach: Reach
) -> PreconditionFailed:
    """Return the refusal of a change of this job: what the fields that were `given` are by now, and what was asked of
    it since. At most as many changes as it is versions further; a start that a worker gave back is one without a change
    that anybody has asked for."""
    behind = min(max(0, job.version - max(seen or {job.version})), MOST_CHANGES)
    changes = list(job.audit.order_by("-id")[:behind]) if behind else []
    tell([job, *changes], reach)
    shown = JobSerializer(job).data
    return PreconditionFailed(
        why,
        etag=f'"{job.version}"',
        current={"version": job.version, **among(shown, given)},
        changes=list(AuditSerializer(changes, many=True).data),
    )


def definition_changed(what: str, tag: str, shown: Mapping[str, Any], given: Iterable[str]) -> PreconditionFailed:
    """Return the refusal of a change of a definition, such as a limit: what the fields that were `given` are by now.
    `what` begins a sentence."""
    why = f"{what} was changed since you read it: look at it, then ask again."
    return PreconditionFailed(why, etag=f'"{tag}"', current=among(shown, given))


def among(shown: Mapping[str, Any], given: Iterable[str]) -> dict[str, Any]:
    """Return these of the fields that are shown."""
    return {name: shown[name] for name in given if name in shown}
