"""Actions on the chosen jobs of the list. Each job is its own transition, and each is answered for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from jobs import rules
from jobs.admin.confirmation import Question, ReasonForm, ask, given
from jobs.admin.forms import RescheduleForm
from jobs.admin.within import reach_in
from jobs.clock import clock
from jobs.database import transaction
from jobs.models import Job, Kept
from jobs.permissions import CONTROL_JOB
from jobs.states import State
from jobs.web import controls
from jobs.web.appearance.times import exact
from jobs.web.controls import AT_A_TIME, REASONS_SHOWN, Button

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

LISTED = 10  # of the jobs that a page between is about; the form below them should be in sight


class JobActions:
    """Mixed into JobAdmin. Offered to those with the permission to control jobs."""

    admin_site: admin.AdminSite

    def has_control_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CONTROL_JOB)

    @admin.action(description="Run now", permissions=["control"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        apply_to_each(request, queryset, controls.RUN_NOW)

    @admin.action(description="Retry", permissions=["control"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        """Asks for a reason first where one of them is interrupted."""
        if Job.objects.interrupted().filter(pk__in=queryset.order_by().values("pk")).exists():
            return self._with_reason(request, queryset, controls.RETRY, action="retry")
        apply_to_each(request, queryset, controls.RETRY)
        return None

    @admin.action(description="Confirm done…", permissions=["control"])
    def confirm_done(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        return self._with_reason(request, queryset, controls.CONFIRM_DONE, action="confirm_done")

    @admin.action(description="Confirm failed…", permissions=["control"])
    def confirm_failed(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        return self._with_reason(request, queryset, controls.CONFIRM_FAILED, action="confirm_failed")

    def _with_reason(
        self, request: HttpRequest, queryset: QuerySet[Job], verb: Button, *, action: str
    ) -> HttpResponse | None:
        form = ReasonForm(
            given(request),
            judge=partial(rules.reason_problems, needed=True),
            help_text="How you know, for those who look at these jobs later.",
        )
        if form.is_bound and form.is_valid():
            apply_to_each(request, queryset, verb, reason=form.cleaned_data["reason"])
            return None
        ids = _chosen(request, queryset)
        return ask_about(self.admin_site, request, form, ids, action=action, verb=verb) if ids else None

    @admin.action(description="Cancel", permissions=["control"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        apply_to_each(request, queryset, controls.CANCEL)

    @admin.action(description="Reschedule…", permissions=["control"])
    def reschedule(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        """Asks for the new time first: the form comes back to this action."""
        now = clock.current()
        form = RescheduleForm(given(request, "run_at"), now=now)
        if form.is_bound and form.is_valid():
            apply_to_each(request, queryset, controls.RESCHEDULE, run_at=form.new_time)
            return None
        ids = _chosen(request, queryset)
        if not ids:
            return None
        return ask_about(self.admin_site, request, form, ids, action="reschedule", verb=controls.RESCHEDULE)

    @admin.action(description="Delete…", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        """Django's own, for those that have ended; the others are named."""
        ids = touched_ids(request, _chosen(request, queryset))
        with transaction.atomic():
            # Held until they are gone: what is retried meanwhile waits, and is told that there is no such job.
            ended = Job.objects.ended_and_locked(ids)
            others = Job.objects.brief().filter(pk__in=ids).exclude(pk__in=ended)
            kept = [why_kept(job) for job in others[:REASONS_SHOWN]]
            if kept:
                messages.warning(request, " ".join(kept))
            if not ended:
                return None
            jobs = Job.objects.brief().filter(pk__in=ended)
            answer: HttpResponse | None = delete_selected(cast("admin.ModelAdmin[Job]", self), request, jobs)
        return answer


def touched_ids(request: HttpRequest, ids: Iterable[int]) -> list[int]:
    """Return which of these jobs the person may change, as far as whose they are decides."""
    reach = reach_in(request)
    rows = Job.objects.filter(pk__in=list(ids)).only("labels", "queue", "target", "created_by_id").order_by()
    return [row.pk for row in rows if reach.touches(row)]


def why_kept(job: Job) -> str:
    """The sentence for a job that may not be deleted yet."""
    if job.is_final and Kept.objects.filter(job_id=job.pk).exists():
        return f"Job {job.pk} is kept: let it go first, then delete it."
    if job.state == State.INTERRUPTED:
        return f"Job {job.pk} is interrupted, and others wait for it: say what became of it first, then delete it."
    first = "wait for its end" if job.state == State.RUNNING else "cancel it"
    return f"Job {job.pk} is {job.get_state_display()}: {first} first, then delete it."


def ask_about(
    site: admin.AdminSite, request: HttpRequest, form: forms.Form, ids: Sequence[int], *, action: str, verb: Button
) -> HttpResponse:
    """The page between: which jobs, and the new time or the reason. Its form comes back to the action."""
    jobs = Job.objects.brief().filter(pk__in=ids[:LISTED]).order_by("run_at", "id")
    each = ", for each" if len(ids) > 1 else ""
    question = Question(
        title=f"{verb.label}: {'1 job' if len(ids) == 1 else f'{len(ids)} jobs'}",
        button=verb.label,
        meaning=f"{verb.label}{each}: {verb.meaning[0].lower()}{verb.meaning[1:]}" if verb.meaning else "",
        action=action,
        chosen=[f"{job}: {job.get_state_display()}, due {exact(job.run_at)} UTC" for job in jobs],
        ids=ids,
        more=max(len(ids) - LISTED, 0),
    )
    return ask(site, request, Job, question, form)


def reschedule_one(site: admin.AdminSite, request: HttpRequest, job_id: int, seen: QuerySet[Job]) -> HttpResponse:
    """The page between, from the page of one of the jobs that are seen."""
    job = seen.filter(pk=job_id).first()
    if job is None or not controls.is_offered(controls.RESCHEDULE, job, request.user):
        messages.error(request, f"Job {job_id} cannot be rescheduled: only a job that has not started can be.")
        return redirect(reverse("admin:jobs_job_changelist"))
    initial = {"run_at": job.run_at.replace(tzinfo=None, microsecond=0).isoformat()}
    form = RescheduleForm(now=clock.current(), initial=initial)
    return ask_about(site, request, form, [job_id], action="reschedule", verb=controls.RESCHEDULE)


def apply_to_each(
    request: HttpRequest, queryset: QuerySet[Job], verb: Button, *, run_at: datetime | None = None, reason: str = ""
) -> None:
    by = cast("AbstractBaseUser", request.user)
    now = clock.current()
    ids = _chosen(request, queryset)
    if ids:
        answers = [controls.apply(verb, pk, by=by, now=now, run_at=run_at, reason=reason) for pk in ids]
        controls.report(request, verb, answers)


def _chosen(request: HttpRequest, queryset: QuerySet[Any]) -> list[int]:
    """The ids, soonest first; none, with a sentence, where there are too many for one request."""
    ids = list(queryset.order_by("run_at", "id").values_list("pk", flat=True)[: AT_A_TIME + 1])
    if len(ids) > AT_A_TIME:
        messages.error(request, f"These are more than {AT_A_TIME:,} jobs; narrow the list down with a filter first.")
        return []
    return ids
