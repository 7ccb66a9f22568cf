"""The workers: how they are, and the two things that a person may ask of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from jobs.admin.confirmation import Question, ReasonForm, ask, given
from jobs.admin.records import Records
from jobs.clock import clock
from jobs.models import Worker
from jobs.nodes import drains
from jobs.permissions import CONTROL_JOB
from jobs.templatetags.runat import exact, ms

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

AT_A_TIME = 100  # workers of one request


@admin.register(Worker)
class WorkerAdmin(Records[Worker]):
    list_display = ["name", "pool", "slots", "running", "heartbeat", "offset", "refusing", "stopped_at", "gone_at"]
    ordering = ["-heartbeat_at"]
    actions = ["drain", "resume"]

    class Media:
        css = {"all": ["admin-jobs.css"]}

    def has_control_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CONTROL_JOB)

    @admin.display(description="last heartbeat", ordering="heartbeat_at")
    def heartbeat(self, worker: Worker) -> str:
        return exact(worker.heartbeat_at)

    @admin.display(description="clock, ms")
    def offset(self, worker: Worker) -> str:
        return ms(worker.offset_ms)

    @admin.action(description="Drain…", permissions=["control"])
    def drain(self, request: HttpRequest, queryset: QuerySet[Worker]) -> HttpResponse | None:
        """Asks for the reason first: the form comes back to this action."""
        form = ReasonForm(
            given(request), judge=drains.reason_problems, help_text="For those who wonder why they take no jobs."
        )
        workers = list(queryset.order_by("name", "started_at")[:AT_A_TIME])
        if form.is_bound and form.is_valid():
            by, reason, now = cast("AbstractBaseUser", request.user), form.cleaned_data["reason"], clock.current()
            _report(request, [drains.drain(w.session, now=now, reason=reason, by=by) for w in workers])
            return None
        question = Question(
            title=f"Drain: {'1 worker' if len(workers) == 1 else f'{len(workers)} workers'}",
            button="Drain",
            meaning="They take no more jobs, and hand back what waits there; what they run ends there. "
            "Resume puts them back into service.",
            action="drain",
            chosen=[f"{w.name}: {w.running} running, last heard of at {exact(w.heartbeat_at)} UTC" for w in workers],
            ids=[w.pk for w in workers],
        )
        return ask(self.admin_site, request, Worker, question, form)

    @admin.action(description="Resume", permissions=["control"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Worker]) -> None:
        by, now = cast("AbstractBaseUser", request.user), clock.current()
        workers = queryset.order_by("name", "started_at")[:AT_A_TIME]
        _report(request, [drains.resume(w.session, now=now, reason="", by=by) for w in workers])


def _report(request: HttpRequest, answers: list[drains.Answer]) -> None:
    """Show what became of each worker."""
    for answer in answers:
        (messages.success if answer.done else messages.error)(request, answer.why)
