"""Questions to the database about jobs, by name. Times are aware datetimes on the database's clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from jobs.models.calendar import Calendar
from jobs.models.installation import NOTHING_STARTS
from jobs.models.querysets.ids import is_one_of
from jobs.models.querysets.limits import STOPPED
from jobs.models.querysets.listing import (
    LIST_AND_MARK,
    LIST_LIMIT,
    LONGEST_BACK_OFF,
    OVERDUE_AFTER,
    JobListing,
    Listed,
)
from jobs.models.querysets.overviews import COUNT_LIMIT, QUEUE_ORDER
from jobs.models.querysets.wanted import ALL_PENDING
from jobs.models.querysets.within import is_narrow, jobs_within, rows_touched
from jobs.states import FINAL, State

if TYPE_CHECKING:
    from jobs.models.job import Job  # noqa: F401 - named in the base class
    from jobs.rights.reach import Reach


__all__ = [
    "FEW",
    "LIST_AND_MARK",
    "LIST_LIMIT",
    "LONGEST_BACK_OFF",
    "OVERDUE_AFTER",
    "AskedToStop",
    "JobQuerySet",
    "Listed",
]


# States of which there are few jobs.
FEW = frozenset({State.PENDING, State.RUNNING, State.INTERRUPTED})
INDEXED = {int(State.PENDING): ALL_PENDING}


class AskedToStop(NamedTuple):
    """A start that is to stop. `by` is None for a program or plain SQL, `why` may be empty or None."""

    job_id: int
    attempt: int
    by: str | None
    why: str | None


# The condition that the database must fulfil for a job to start. Read once a statement.
THIS_IS_THE_ONE = f"(NOT {NOTHING_STARTS} AND (SELECT last_value FROM jobs_attempt_id_seq) >= %s)"  # noqa: S608

# For this transaction only: a body, on the same connection, may take its time in its own, and a pooler lends the
# session to others. As a condition it costs no statement; it is never NULL.
STANDSTILL = models.Func(
    Value("idle_in_transaction_session_timeout"),
    Value("6s"),
    Value(True),
    function="set_config",
    output_field=models.TextField(),
)


class JobQuerySet(JobListing):
    def acquirable(self, job_ids: Iterable[int], *, due_before: datetime, after: int = 0) -> JobQuerySet:
        """Lock and select the rows of messages that are still to be started and that nobody else has. None in a
        database that was restored, or whose ledger has not come as far as `after`, a start that is known to have been
        made; none that a stop keeps at the moment at which it would start.

        A row that is not due before `due_before` was moved behind our back, as one that is held: its message is stale.
        """
        these = is_one_of(job_ids)
        # As an expression: what the planner believes to be a small index of pending jobs may have all of a backlog in
        # it, and all that was pending while somebody held a snapshot. By their ids as many are read as are asked for.
        pending = self.alias(is_state=F("state") + 0)
        pending = pending.filter(these, is_state=State.PENDING, holds=0, run_at__lt=due_before)
        pending = pending.filter(Q(not_before__isnull=True) | Q(not_before__lt=due_before)).briefly().order_by("id")
        is_the_one = RawSQL(THIS_IS_THE_ONE, [after], output_field=models.BooleanField())  # noqa: S611 - ours
        pending = pending.filter(is_the_one).exclude(STOPPED)
        locked: JobQuerySet = pending.select_for_update(skip_locked=True, of=("self",), no_key=True)
        return locked.with_limits()

    def bound(self, job_ids: Iterable[int]) -> list[tuple[int, int, str]]:
        """Return (id, calendar's id, blackout policy) of those of these that a calendar binds at their next start."""
        bound = self.filter(id__in=list(job_ids), calendar__isnull=False, calendar_waived=False).order_by()
        return list(bound.values_list("id", "calendar_id", "blackout"))

    def of_calendar(self, calendar: Calendar) -> JobQuerySet:
        return self.filter(calendar=calendar)

    def unlocked(self, job_id: int) -> JobQuerySet:
        """Lock and select the row, if nobody has its lock; raises OperationalError if anybody has."""
        return self.select_for_update(nowait=True, of=("self",), no_key=True).filter(id=job_id)

    def locked(self, job_ids: Iterable[int], *, wait: bool) -> JobQuerySet:
        """Lock and select these rows, in the order in which everyone who locks several does it; without `wait` only
        those that nobody else has."""
        rows = self.filter(id__in=list(job_ids)).order_by("id")
        found: JobQuerySet = rows.select_for_update(skip_locked=not wait, of=("self",), no_key=True)
        return found

    def briefly(self) -> JobQuerySet:
        """Have the server end the transaction in which these rows are read when it stands still: a worker that is
        stopped in it would hold the row, and whoever waits for the row, for as long as it is stopped."""
        brief: JobQuerySet = self.alias(standstill=STANDSTILL).filter(standstill__isnull=False)
        return brief

    def pending(self) -> JobQuerySet:
        return self.filter(state=State.PENDING)

    def due_before(self, before: datetime, *, after_id: int, limit: int) -> list[int]:
        """Return the ids of pending jobs due before that moment, held ones too, in their order, from `after_id` on."""
        due = self.pending().alias(due_at=Coalesce("not_before", "run_at")).filter(due_at__lt=before, id__gt=after_id)
        return list(due.order_by("id").values_list("id", flat=True)[:limit])

    def to_retry(self, job_ids: Iterable[int]) -> JobQuerySet:
        """Select of these the jobs that have starts left, that nobody wants to stop, and that say after which ends they
        want another."""
        asked = self.filter(id__in=list(job_ids), rerunnable=True, attempt__lt=models.F("max_attempts"))
        return asked.filter(cancel_requested_at__isnull=True).exclude(retry_on=[])

    def running(self) -> JobQuerySet:
        return self.filter(state=State.RUNNING)

    def asked_to_stop(self, job_ids: Iterable[int]) -> list[AskedToStop]:
        """Return of these the jobs that are running, and that somebody wants to stop; by whom, and why, says the
        audit."""
        # The audit knows the job, not the other way round.
        from jobs.models.audit import Audit  # noqa: PLC0415
        from jobs.models.audit_words import Verb  # noqa: PLC0415

        asked = Audit.objects.filter(job=models.OuterRef("pk"), verb=Verb.CANCEL).order_by("-id")
        found = self.running().filter(id__in=list(job_ids), cancel_requested_at__isnull=False)
        by, why = (models.Subquery(asked.values(name)[:1]) for name in ("by_name", "reason"))
        return [
            AskedToStop(pk, no, who or None, why) for pk, no, who, why in found.values_list("id", "attempt", by, why)
        ]

    def final(self) -> JobQuerySet:
        return self.filter(state__in=FINAL)

    def ended_and_locked(self, ids: Iterable[int]) -> list[int]:
        """Return which of these have ended, their rows locked until the transaction ends: what is deleted is not
        retried. Leaves out the interrupted for which others wait: nobody has said yet what became of them; and those
        that are kept."""
        from jobs.models.history import Kept  # noqa: PLC0415 - it knows the job, not the other way round

        ended = self.final().exclude(state=State.INTERRUPTED, has_dependents=True)
        ended = ended.exclude(models.Exists(Kept.objects.filter(job_id=models.OuterRef("pk"))))
        ended = ended.filter(pk__in=list(ids)).order_by("pk").select_for_update()
        return list(ended.values_list("pk", flat=True))

    def in_state(self, states: Iterable[int]) -> JobQuerySet:
        """Select the jobs in one of these states, those in few by their indexes."""
        wanted = list(states)
        if wanted and FEW.issuperset(wanted):
            return self.filter(reduce(or_, (INDEXED.get(state, Q(state=state)) for state in wanted), Q()))
        return self.filter(state__in=wanted)

    def parts_in_state(self, states: Iterable[int]) -> list[JobQuerySet]:
        """Return the jobs in these states, of which there are few at most times, in parts, each in the order of an
        index that has no others: so the server reads no others, however many of them there are."""
        parts = {
            State.PENDING: [self.awaiting_start().order_by("due_at", "id"), self.held().order_by(*QUEUE_ORDER)],
            State.RUNNING: [self.running().order_by("locked_at")],
            State.INTERRUPTED: [self.interrupted()],
        }
        return [part for state in sorted(set(states)) for part in parts[State(state)]]

    def count_in_state(self, state: State, limit: int = COUNT_LIMIT) -> int:
        """Return how many there are in this state, of which there are few at most times; `limit` + 1 at most."""
        found = 0
        for part in self.parts_in_state([state]):
            found += part.values("pk")[: limit + 1 - found].count()
        return found

    def overdue(self, now: datetime) -> JobQuerySet:
        """Select the jobs that could have started, and have not."""
        late: JobQuerySet = self.awaiting_start().filter(due_at__lt=now - OVERDUE_AFTER)
        return late

    def recently_finished(self) -> JobQuerySet:
        return self.final().order_by("-finished_at")

    def for_people(self) -> JobQuerySet:
        """Select the jobs with what lists of them show, in one query."""
        return self.select_related("created_by", "calendar")

    def with_story(self) -> JobQuerySet:
        """Select the jobs with their ledgers, and what people asked of them."""
        return self.prefetch_related("attempts", "audit")

    def within(self, reach: Reach) -> JobQuerySet:
        """Select those that this reach lets a user see."""
        return self.filter(jobs_within(reach)) if is_narrow(reach) else self

    def touched_within(self, reach: Reach, *, or_own: bool) -> JobQuerySet:
        """Select those that this reach lets a user change; with `or_own` all that he has made, too."""
        return self.filter(rows_touched(reach, or_own=or_own)) if is_narrow(reach) else self

    def unfinished(self) -> JobQuerySet:
        return self.exclude(state__in=FINAL)
