"""Creates jobs for programs, by the rules and with the sentences of REST."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from asgiref.sync import sync_to_async

from jobs import transitions
from jobs.api.bulk.judging import Judge
from jobs.api.bulk.lines import Line
from jobs.api.reading import judged, read_job
from jobs.clock import clock
from jobs.models import Job
from jobs.python.acting import asking
from jobs.python.controls import read
from jobs.python.fields import Asked
from jobs.python.handle import JobHandle
from jobs.python.reading import NotJson, as_sent
from jobs.python.refused import Refused, refusing

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

BESIDE = ("idempotency_key", "traceparent", "by")


def schedule(target: str, payload: Mapping[str, Any] | None = None, /, **asked: Unpack[Asked]) -> JobHandle:
    """Create a job that calls this target with this payload, at `run_at`: an aware datetime, or ISO 8601 with a zone;
    left out or "now": at once. All other fields are those of REST (`/api/docs/`), by the same names.

    In the caller's transaction: a job is there, and starts, only when that commits. With an `idempotency_key` that was
    used before the earlier job is returned, its `created` False. `by`: the user who asks, for creator and audit.

    Raises Refused with the sentences of REST by field."""
    job, is_new = create(target, payload, **asked)
    return read(job, created=is_new, with_starts=not is_new)


def create(target: str, payload: Mapping[str, Any] | None = None, /, **asked: Unpack[Asked]) -> tuple[Job, bool]:
    """Create a job as `schedule` does; return its row with True, or the earlier one of its key with False."""
    given: dict[str, Any] = dict(asked)
    key, traceparent, by = (given.pop(name, None) for name in BESIDE)
    by, now = asking(by), clock.current()
    try:
        sent = as_sent({"target": target, **({} if payload is None else {"payload": payload}), **given})
    except NotJson as error:
        raise _not_json("payload", error) from None
    with refusing():
        new = judged(read_job(sent), by=by, now=now, idempotency_key=key or None, traceparent=traceparent)
        return transitions.create(new, now=now, by=by)


def schedule_many(
    jobs: Iterable[Mapping[str, Any]],
    *,
    idempotency_key: str | None = None,
    traceparent: str | None = None,
    by: AbstractBaseUser | None = None,
) -> list[int]:
    """Create all of these jobs, or none, and return their ids in their order: each is what `schedule` takes, with
    `target` and `payload` among its names. Up to 100,000; ten thousand take about a second. With an `idempotency_key`
    that was used before the ids of the earlier ones are returned.

    Raises Refused with sentences by names such as `jobs.3.target`; jobs count from 0."""
    by, now = asking(by), clock.current()
    with refusing():
        judge = Judge(by=by, key=idempotency_key or None, now=now, traceparent=traceparent)
        found = judge.judge(_lines(jobs))
        if found.wrong:
            raise found.refused()
        ids, _ = transitions.create_all(list(found.new.values()), now=now, by=by)
    return ids


def _lines(jobs: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    for number, one in enumerate(jobs):
        try:
            yield Line(0, as_sent(one) if isinstance(one, Mapping) else one)
        except NotJson as error:
            raise _not_json(f"jobs.{number}.payload", error) from None


def _not_json(field: str, error: NotJson) -> Refused:
    return Refused("invalid", f"{field}: {error}", {field: [str(error)]})


aschedule = sync_to_async(schedule)
aschedule_many = sync_to_async(schedule_many)
