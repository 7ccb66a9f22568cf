"""Door of `manage.py jobs`: what REST does, for a user or for a program, without the network."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, QueryDict

from jobs import transitions
from jobs.api.bulk.bringing import bring
from jobs.api.bulk.judging import Judge
from jobs.api.bulk.lines import NdjsonParser
from jobs.api.bulk.tables import CsvParser, WorkbookParser
from jobs.api.bulk.views import zone_of
from jobs.api.finding import found
from jobs.api.limits import LimitSerializer
from jobs.api.reading import judged, read_job
from jobs.api.refusals import Conflict
from jobs.api.serializers import EditJobSerializer, JobDetailSerializer, JobSerializer
from jobs.api.stale import changed_since
from jobs.api.workers import shown_workers
from jobs.clock import clock
from jobs.database import transaction
from jobs.models import Job, Limit, Verb
from jobs.permissions import ADD_JOB, VIEW_JOB, VIEW_LIMIT, why_refused
from jobs.python.reading import as_sent
from jobs.python.refused import refusing
from jobs.rights import Reach, reach_of
from jobs.rights.telling import seen_job, tell
from jobs.rules.controls import CONTROLS
from jobs.rules.may import why_not

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin

    from jobs.client import shapes
    from jobs.client.cli.door import Door


# How a file is read, by what it is.
PARSERS = {parser.media_type: parser for parser in (NdjsonParser, CsvParser, WorkbookParser)}


@dataclass(frozen=True)
class Here:
    """The installation of this process. `by`: who asks, by his rights and in the audit; None: a program, which may all.
    `rehearses`: what is done is taken back at once, and nobody hears of it."""

    by: AbstractBaseUser | None = None
    rehearses: bool = False

    def rehearsal(self) -> Door:
        """Return a door that changes nothing, and answers as if."""
        return replace(self, rehearses=True)

    def job(self, job_id: int, /) -> shapes.JobDetail:
        with refusing():
            self._needs(VIEW_JOB, ADD_JOB)
            job = seen_job(job_id, self._reach)
            if job is None:
                raise Http404(f"There is no job {job_id}.")
            context = {"reach": self._reach, "shows_secrets": self._reach.sees_secrets}
            return cast("shapes.JobDetail", dict(JobDetailSerializer(job, context=context).data))

    def jobs(self, q: str = "", *, history: bool = False, limit: int | None = None) -> Iterator[shapes.Job]:
        query = QueryDict(mutable=True)
        query.update({**({"q": q} if q else {}), **({"history": "true"} if history else {})})
        with refusing():
            self._needs(VIEW_JOB, ADD_JOB)
            for job in found(query, self._reach, clock.current(), limit=limit):
                yield cast("shapes.Job", dict(JobSerializer(job).data))

    def create(self, job: Mapping[str, Any], /, *, idempotency_key: str | None = None) -> tuple[shapes.JobDetail, bool]:
        now = clock.current()
        with refusing(), self._change():
            self._needs(ADD_JOB)
            new = judged(read_job(as_sent(job)), by=self.by, now=now, idempotency_key=idempotency_key or None)
            row, is_new = transitions.create(new, now=now, by=self.by)
            shown_job = tell([Job.objects.for_people().with_story().get(pk=row.pk)], self._reach)[0]
            shown = JobDetailSerializer(shown_job, context={"reach": self._reach}).data
            return cast("shapes.JobDetail", dict(shown)), is_new

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
    ) -> tuple[shapes.CreatedJobs, bool]:
        with refusing():
            self._needs(ADD_JOB)
            now, read = clock.current(), PARSERS[kind]().parse(io.BytesIO(content))
            judge = Judge(by=self.by, key=idempotency_key, now=now, zone=zone_of(time_zone))
            how = {"partial": partial, "preview": preview}
            brought = bring(judge, read, **how, admit=lambda number: None, by=self.by, now=now)
            said = brought.answer(whole=partial or preview)
            return cast("shapes.CreatedJobs", said), brought.is_new

    def edit(self, job_id: int, changes: Mapping[str, Any], /, *, version: int | None = None) -> shapes.Job:
        seen = None if version is None else frozenset({version})

        def do() -> transitions.Answer:
            given = EditJobSerializer().run_validation(as_sent(changes))
            reason = given.pop("reason", "")
            return transitions.edit(job_id, given, now=clock.current(), reason=reason, by=self.by, seen=seen)

        return self._done(Verb.EDIT, do, seen=seen, given=changes)

    def reschedule(self, job_id: int, run_at: str, /, *, reason: str = "") -> shapes.Job:
        def do() -> transitions.Answer:
            at = EditJobSerializer().run_validation({"run_at": run_at})["run_at"]
            return transitions.reschedule(job_id, run_at=at, now=clock.current(), reason=reason, by=self.by)

        return self._done(Verb.RESCHEDULE, do)

    def cancel(self, job_id: int, /, *, reason: str = "") -> shapes.Job:
        who = self.by.get_username() if self.by else "a program"
        unsaid = f"Cancelled by {who} on the command line."

        def do() -> transitions.Answer:
            if self.by is not None and (why := why_not(Verb.CANCEL, job_id, self.by)):
                raise PermissionDenied(why)
            return transitions.cancel(job_id, now=clock.current(), reason=reason, by=self.by, unsaid=unsaid)

        return self._done(Verb.CANCEL, do)

    def retry(self, job_id: int, /, *, reason: str = "") -> shapes.Job:
        return self._done(Verb.RETRY, lambda: transitions.retry(job_id, now=clock.current(), reason=reason, by=self.by))

    def run_now(self, job_id: int, /) -> shapes.Job:
        return self._done(Verb.RUN_NOW, lambda: transitions.run_now(job_id, now=clock.current(), by=self.by))

    def workers(self) -> list[shapes.Worker]:
        with refusing():
            self._needs(VIEW_JOB)
            return [cast("shapes.Worker", dict(row)) for row in shown_workers(self._reach, clock.current())]

    def limits(self) -> list[shapes.Limit]:
        with refusing():
            self._needs(VIEW_LIMIT)
            rows = Limit.objects.within(self._reach).select_related("paused_by")
            return [cast("shapes.Limit", dict(row)) for row in LimitSerializer(rows, many=True).data]

    @property
    def _reach(self) -> Reach:
        return reach_of(self.by)

    def _needs(self, *permissions: str) -> None:
        """Refuse a user who has none of these permissions, as REST does."""
        if self.by is None:
            return
        has_perm = cast("PermissionsMixin", self.by).has_perm
        if not any(has_perm(permission) for permission in permissions):
            raise PermissionDenied(why_refused(self.by, permissions[0]))

    def _done(
        self,
        verb: Verb,
        do: Callable[[], transitions.Answer],
        *,
        seen: frozenset[int] | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> shapes.Job:
        """Return the job after a verb. Raises Refused when it was not done, with the reason."""
        with refusing(), self._change():
            self._needs(CONTROLS[verb].permission, *((ADD_JOB,) if verb == Verb.CANCEL else ()))
            answer = do()
            if answer.job is None:
                raise Http404(answer.why)
            if answer.forbidden:
                raise PermissionDenied(answer.why)
            if answer.stale:
                raise changed_since(answer.job, answer.why, seen, given=given or (), reach=self._reach)
            if not answer.done:
                raise Conflict(answer.why)
            return cast("shapes.Job", dict(JobSerializer(tell([answer.job], self._reach)[0]).data))

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Make a change, or for a rehearsal make it and take it back: no other session has seen it."""
        if not self.rehearses:
            yield
            return
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
