"""The audit: who asked for what, and why, and what it was before and after. It has one row for each change that took
effect, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypedDict

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connections, models
from django.db.models import Exists, Max, Min, OuterRef, Q
from django.db.models.functions import Coalesce

from jobs.models.audit_words import VERBS, Change, Subject, Verb
from jobs.models.described import Described, key
from jobs.models.job import Job
from jobs.models.payload import PayloadDecoder, PayloadEncoder
from jobs.models.querysets.within import history_has, is_narrow, is_unscoped
from jobs.states import State

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

ON_ITS_WAY = timedelta(minutes=1)  # no change takes longer
STAYS_FOR = 29  # days, by the trigger of migration 0056; JOBS_KEEP_AUDIT is more


class Asker(TypedDict):
    """Person who asked, as a row of the audit keeps him: the account, its name for when that is gone, and the token, by
    its prefix and name, if he came with one."""

    by_id: int | None
    by_name: str
    by_token: str


def asker(by: object) -> Asker:
    """Return what the audit keeps of whoever asked; nothing of a program, which is None."""
    name = by.get_username() if isinstance(by, AbstractBaseUser) else ""
    token = getattr(by, "token", None)
    called = f"{token.prefix} {token.name}" if token is not None else ""
    return {"by_id": getattr(by, "pk", None), "by_token": called, "by_name": name}


class AuditQuerySet(models.QuerySet["Audit"]):
    def within(self, reach: Reach) -> Self:
        """Select the changes of what a user may see. What has no owner, such as a worker, only who sees everything."""
        if not is_narrow(reach):
            return self
        job = Q(Exists(Job.objects.within(reach).order_by().filter(pk=OuterRef("job_id"))))
        found: Any = Q(subject=Subject.JOB) & (job | history_has(reach, "id = jobs_audit.job_id"))
        if not is_unscoped(reach):
            return self.filter(found)
        if reach.everything:
            return self.filter(found | ~Q(subject=Subject.JOB))
        from jobs.models.schedule import Schedule  # noqa: PLC0415 - below it in the order of the rooms
        from jobs.models.trigger import Trigger  # noqa: PLC0415 - as above

        named: tuple[tuple[Subject, models.QuerySet[Any]], ...] = (
            (Subject.SCHEDULE, Schedule.objects.within(reach)),
            (Subject.TRIGGER, Trigger.objects.within(reach)),
        )
        for subject, rows in named:
            there = Exists(rows.order_by().filter(name=OuterRef("name")))
            found |= Q(subject=subject) & Q(there) & ~Q(Exists(self.model.objects.anew()))
        for subject in (Subject.QUEUE, Subject.KEY, Subject.CALENDAR):
            found |= Q(subject=subject, name__in=sorted(reach.names(subject)))
        return self.filter(found)

    def ends(self) -> tuple[int, int]:
        """Return the ids of the oldest and of the newest of these; 0 where there are none."""
        found = self.order_by().aggregate(oldest=Coalesce(Min("id"), 0), newest=Coalesce(Max("id"), 0))
        return found["oldest"], found["newest"]

    def latest_at(self) -> datetime | None:
        return self.order_by("-at").values_list("at", flat=True).first()

    def with_token(self, token: str) -> Self:
        """Select what was asked for with this token: the beginning by which it is listed, or that and its name. One
        statement where the name is missing: the index has both."""
        if " " not in token:
            # Not ordered, and without the empty ones, as the index has it: else all of the table would be read.
            known = self.model.objects.filter(by_token__startswith=f"{token} ").exclude(by_token="").order_by()
            token = next(iter(known.values_list("by_token", flat=True)[:1]), token)
        return self.filter(by_token=token).exclude(by_token="")

    def anew(self) -> Self:
        """Select of a row's subject and name what says that another was made of that name, or this one deleted: what
        was before may have been another team's."""
        same = self.filter(subject=OuterRef("subject"), name=OuterRef("name"))
        made = Q(verb=Change.CREATE, id__gt=OuterRef("id"))
        return same.filter(made | Q(verb=Change.DELETE, id__gte=OuterRef("id"))).order_by()

    def was_defined_by(self, person_id: object, subject: Subject, row_id: int, *, since: datetime) -> bool:
        """Return whether this trigger or form was of this person's definition until it was changed or deleted `since`
        then, or a moment earlier: a change that is on its way is seen by others only at its end."""
        was = {"id": row_id, "defined_by": key(person_id)}
        changed = self.filter(subject=subject, verb__in=(Change.CHANGE, Change.DELETE), at__gte=since - ON_ITS_WAY)
        return changed.filter(before__contains=was).exists()

    def note_each(
        self, jobs: Sequence[Noted], verb: Verb, *, operation: int, by: object, reason: str, now: datetime
    ) -> None:
        """Write down what an operation has done to each of these jobs, in the transaction that has done it."""
        columns = {name: [getattr(one, name) for one in jobs] for name in Noted._fields}
        values: dict[str, Any] = (
            {**asker(by)} | columns | {"verb": verb.value, "operation": operation, "reason": reason, "at": now}
        )
        with connections[self.db].cursor() as cursor:
            cursor.execute(NOTE_EACH, values)

    def note(
        self,
        subject: Subject,
        name: str,
        *,
        by: object,
        now: datetime,
        before: Described,
        after: Described,
        verb: Change | None = None,
        reason: str = "",
    ) -> None:
        """Write down a change of what is no job. `by` is the user, None for a program. Without a `verb` the values
        before and after say which, and nothing is written where nothing has changed."""
        if verb is None:
            if before == after:
                return
            verb = Change.CREATE if before is None else Change.DELETE if after is None else Change.CHANGE
        self.create(
            subject=subject,
            name=name,
            verb=verb,
            **asker(by),
            reason=reason,
            at=now,
            before=before,
            after=after,
        )


class Noted(NamedTuple):
    """Change of a job, of many that are written down together. `before`, `after`: as JSON."""

    job_id: int
    version: int
    from_state: int
    to_state: int
    before: str | None = None
    after: str | None = None


# Of an operation, a thousand at a time.
NOTE_EACH = """
INSERT INTO jobs_audit (subject, name, job_id, verb, by_id, by_name, by_token, reason, at, operation_id, version,
    from_state, to_state, before, after)
SELECT 'job', '', job_id, %(verb)s, %(by_id)s, %(by_name)s, %(by_token)s, %(reason)s, %(at)s, %(operation)s, version,
    from_state, to_state, before::jsonb, after::jsonb
FROM unnest(%(job_id)s::bigint[], %(version)s::int[], %(from_state)s::smallint[], %(to_state)s::smallint[],
    %(before)s::text[], %(after)s::text[]) AS noted (job_id, version, from_state, to_state, before, after)
"""


class Audit(models.Model):
    """A row of `jobs_audit`. It stays when its subject is deleted: the database does not tie the two together. A job
    has its id, all else a name; a limit that of its queue or key. It stays as it was written: the database refuses
    changes, and deletions in its first STAYS_FOR days."""

    subject = models.CharField(max_length=20, choices=Subject.choices, default=Subject.JOB, db_default=Subject.JOB)
    job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit"
    )
    name = models.CharField(max_length=255, blank=True, default="", db_default="")
    verb = models.CharField(max_length=20, choices=VERBS)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: a program, or somebody whose account was deleted.",
    )
    by_name = models.CharField(
        max_length=254, blank=True, default="", db_default="", help_text="Of whoever asked; empty: a program."
    )
    by_token = models.CharField(
        max_length=255, blank=True, default="", db_default="", help_text="Which token it was asked with; empty: none."
    )
    reason = models.TextField(blank=True, db_default="")
    at = models.DateTimeField()
    from_state = models.SmallIntegerField(null=True, blank=True, choices=State.choices)
    to_state = models.SmallIntegerField(null=True, blank=True, choices=State.choices)
    before = models.JSONField(
        null=True, blank=True, encoder=PayloadEncoder, decoder=PayloadDecoder, help_text="Empty: it was not there."
    )
    after = models.JSONField(
        null=True, blank=True, encoder=PayloadEncoder, decoder=PayloadDecoder, help_text="Empty: it is gone."
    )
    # Of a job that was changed by an operation on many. Not tied, as with all else that the audit names.
    operation_id = models.BigIntegerField(null=True, blank=True, help_text="The operation that has changed it.")
    version = models.IntegerField(null=True, blank=True, help_text="The job's version after that.")

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "audit"
        indexes = [
            models.Index(
                fields=["subject", "name", "id"], condition=~Q(subject=Subject.JOB), name="jobs_audit_of_subject"
            ),
            models.Index(fields=["by_name", "id"], name="jobs_audit_by"),
            models.Index(
                fields=["by_token", "id"],
                opclasses=["varchar_pattern_ops", "int8_ops"],
                condition=~Q(by_token=""),
                name="jobs_audit_by_token",
            ),
            models.Index(fields=["at"], name="jobs_audit_at"),
        ]
        constraints = [
            # An operation changes a job once.
            models.UniqueConstraint(
                fields=["operation_id", "job"],
                condition=Q(operation_id__isnull=False),
                name="jobs_audit_once_an_operation",
            ),
            models.CheckConstraint(condition=Q(verb__in=[verb for verb, _ in VERBS]), name="jobs_audit_verb_known"),
            models.CheckConstraint(
                condition=Q(from_state__in=State.values, to_state__in=State.values), name="jobs_audit_states_known"
            ),
            models.CheckConstraint(
                condition=Q(subject=Subject.JOB, job__isnull=False, from_state__isnull=False, to_state__isnull=False)
                | Q(~Q(subject=Subject.JOB), job__isnull=True),
                name="jobs_audit_of_something",
            ),
            # Nobody settles effects that are unknown without saying why.
            models.CheckConstraint(
                condition=~Q(from_state=State.INTERRUPTED) | ~Q(reason=""), name="jobs_audit_says_why"
            ),
        ]

    @property
    def who(self) -> str:
        """Return the name of who asked; empty for a program."""
        return self.by_name or (self.by.get_username() if self.by else "")  # of the release before, while one runs

    def __str__(self) -> str:
        return (
            f"{self.verb} of job {self.job_id}" if self.job_id else f"{self.verb} of the {self.subject} '{self.name}'"
        )
