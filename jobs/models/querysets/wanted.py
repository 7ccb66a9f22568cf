"""Jobs that people look for: the conditions of the filters of their lists, by name."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Self

from django.db.models import Case, DurationField, ExpressionWrapper, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from jobs.models.querysets.planned import JobPlanned
from jobs.models.querysets.sampling import some_of_many
from jobs.states import State

# A job that a person has confirmed as done left no moment of its start: its execute_at is a bound, not a delay.
MEASURED = Q(execute_at__isnull=False) & ~Q(state=State.COMPLETED, reason__gt="")
# As the indexes have it: no one has all that are pending, but two have them together.
ALL_PENDING = Q(state=State.PENDING) & (Q(holds=0) | ~Q(holds=0))
NEWEST, LABELLED = 10_000, 1_000  # jobs whose labels are offered, and of these with labels
DUE = Coalesce("not_before", "run_at")
# A word of a search, or several in quotes, in which a backslash stands before a quote and before a backslash.
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"(?!\S)|(\S+)', re.DOTALL)


class JobWanted(JobPlanned):
    """Part of JobQuerySet: what lists are filtered and sorted by."""

    def later_than(self, late: timedelta, now: datetime) -> Self:
        """Select the jobs that started more than this after `run_at`, and those that could have started, and have not
        so long after they were due."""
        started = MEASURED & Q(execute_at__gt=F("run_at") + late)
        return self.alias(due_at=DUE).filter(started | Q(state=State.PENDING, holds=0, due_at__lt=now - late))

    def waiting_longer_than(self, late: timedelta, now: datetime) -> Self:
        """Select of these those that have not started, the first due first: an index has them in this order."""
        return self.awaiting_start().filter(due_at__lt=now - late).order_by("due_at", "id")

    def started_by(self, worker: str) -> Self:
        """Select the jobs whose latest start this worker made. The ledger is asked once for each of these."""
        return self.alias(_worker=self._of_latest("worker")).filter(attempt__gt=0, _worker=worker)

    def failed_with(self, failure: str) -> Self:
        """Select the jobs whose latest start failed with this fingerprint. As above."""
        return self.alias(_failure=self._of_latest("failure")).filter(attempt__gt=0, _failure=failure)

    def without_worker(self, queues: Collection[str], sessions: Collection[uuid.UUID]) -> Self:
        """Select the pending jobs of other queues than these, and the running ones that none of these lives of workers
        has started: `queues` and `sessions` are those of the workers that live."""
        lost = self.alias(_session=self._of_latest("session"))
        waiting, running = ~Q(queue__in=sorted(queues)), ~Q(_session__in=sorted(sessions))
        return lost.filter((ALL_PENDING & waiting) | (Q(state=State.RUNNING) & running))

    def awaiting_start(self) -> Self:
        """Select the jobs that are pending and held by nothing, with `due_at`: what the list query looks at."""
        return self.filter(state=State.PENDING, holds=0).annotate(due_at=DUE)

    def created_by(self, user_id: int | None) -> Self:
        """Select the jobs that this user has created."""
        return self.filter(created_by_id=user_id)

    def labelled(self, labels: Mapping[str, str], *, by_index: bool = True) -> Self:
        """Select the jobs that have all of these labels; by an index that has no others, unless they are looked for
        among few jobs: of a label of many the index is read whole."""
        if not labels:
            return self
        having = self.filter(labels__contains=labels)
        return having.exclude(labels={}) if by_index else having

    def with_text(self, word: str) -> Self:
        """Select the jobs that have this in their name or target. No index leads to them."""
        return self.filter(Q(name__icontains=word) | Q(target__icontains=word))

    def search(self, text: str, *, by_index: bool = True) -> tuple[Self, bool]:
        """Find jobs by labels and parts of names or targets, all of them. Returns also whether an index leads there."""
        labels, words = self.labels_in(text)
        found = self
        for one in labels:
            found = found.labelled(one, by_index=by_index)
        for word in words:
            found = found.with_text(word)
        return found, bool(labels)

    def labels_in(self, text: str) -> tuple[list[dict[str, str]], list[str]]:
        """Return the words of a search: labels such as team:payroll that any job has, and all others. What is in quotes
        is no label, and its words stand beside each other."""
        labels, others = [], []
        everywhere = self.model._default_manager.all()
        for quoted, bare in WORD.findall(text.replace("\x00", "")):
            word = bare or re.sub(r'\\(["\\])', r"\1", quoted)
            key, colon, value = word.partition(":")
            if bare and colon and everywhere.labelled({key: value}).is_any_labelled():
                labels.append({key: value})
            else:
                others.append(word)
        return labels, others

    def labels_of_newest(self) -> list[dict[str, str]]:
        """Return the labels of these that are among the NEWEST jobs, of LABELLED at most."""
        newest = self.model._default_manager.all().ends()[1]
        having = self.filter(id__gt=newest - NEWEST).exclude(labels={}).order_by("-id")
        return list(having.values_list("labels", flat=True)[:LABELLED])

    def is_any_labelled(self) -> bool:
        """Return whether there is any of these, to which the index of labels leads."""
        with some_of_many():
            return self.exists()

    def longest_delay_first(self, now: datetime) -> Self:
        """Order by how late they started, or by how long they have been due and nothing holds them; then those of which
        neither is known."""
        span = DurationField()
        started = ExpressionWrapper(F("execute_at") - F("run_at"), output_field=span)
        waited = ExpressionWrapper(Value(now) - F("_due"), output_field=span)
        is_due = Q(state=State.PENDING, holds=0, _due__lt=now)
        late = Case(When(MEASURED, then=started), When(is_due, then=waited), output_field=span)
        return self.alias(_due=DUE).alias(_late=late).order_by(F("_late").desc(nulls_last=True), "-id")

    def with_worker(self) -> Self:
        """Select the jobs with `worker`: who made the latest start, by the ledger; None before a start."""
        return self.annotate(worker=self._of_latest("worker"))

    def with_progress(self) -> Self:
        """Select the jobs with `progress` and `progress_note` of the latest start; None where it has said nothing."""
        return self.annotate(**{name: self._of_latest(name) for name in ("progress", "progress_note")})

    def _of_latest(self, name: str) -> Subquery:
        """Return a column of the ledger's row of the latest start: one probe of its index."""
        from jobs.models.attempt import Attempt  # noqa: PLC0415 - the ledger knows the job, not the other way round

        latest = Attempt.objects.filter(job=OuterRef("pk"), number=OuterRef("attempt"))
        return Subquery(latest.values(name)[:1])
