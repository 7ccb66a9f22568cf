"""The workers: how they are, and the two things that a person may ask of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.confirmation import Question, ReasonForm, ask, given
from jobs.admin.records import Records
from jobs.admin.within import KnowsViewer, reach_in, viewer_of
from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Worker
from jobs.models.team import Ownership
from jobs.nodes import drains
from jobs.permissions import CONTROL_JOB
from jobs.templatetags.runat import badge, ms
from jobs.web.appearance.times import exact

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

AT_A_TIME = 100  # workers of one request
NO_JOBS = "takes no jobs"


@admin.register(Worker)
class WorkerAdmin(KnowsViewer, Records[Worker]):
    list_display = ["name", "state", "busy", "heartbeat", "offset"]
    fieldsets = [
        (None, {"fields": ["name", "state", "busy", "heartbeat"]}),
        ("What it is", {"fields": ["queue_names", "pool", "pid", "session", "started", "zones"]}),
        ("Its machine", {"fields": ["cpu", "memory", "load", "gpu", "gpu_memory", "offset", "uncertainty"]}),
        ("Messages of another installation", {"fields": ["foreign_at", "foreign_from"], "classes": ["collapse"]}),
    ]
    readonly_fields = ["state", "busy", "heartbeat", "queue_names", "started", "offset", "uncertainty"]
    search_fields = ["name"]
    ordering = ["-heartbeat_at"]
    actions = ["drain", "resume"]

    class Media:
        css = {"all": ["jobs/admin-jobs.css", "jobs/admin-schedules.css"]}

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Permit it to those who reach everything: a worker runs the jobs of many teams."""
        return request.user.has_perm(CONTROL_JOB) and reach_in(request).is_whole

    @admin.display(description="state")
    def state(self, worker: Worker) -> SafeString:
        """Say whether it takes jobs, and why not."""
        if worker.stopped_at is not None:
            return badge("idle", "⊘", f"ended at {exact(worker.stopped_at)} UTC")
        if worker.gone_at is not None:
            return badge("bad", "✕", "vanished")
        if clock.current() - worker.heartbeat_at > conf().patience:
            return badge("bad", "?", "not heard of")
        if worker.refusing:
            return format_html('{} <span class="schedule-why">{}</span>', badge("warn", "‖", NO_JOBS), worker.refusing)
        return badge("good", "✓", "takes jobs")

    @admin.display(description="jobs in its slots")
    def busy(self, worker: Worker) -> str:
        return f"{worker.running} of {worker.slots}"

    @admin.display(description="takes jobs of the queues")
    def queue_names(self, worker: Worker) -> str:
        not_theirs = viewer_of(worker).names_of_others(Ownership.Kind.QUEUE)
        return ", ".join(name for name in worker.queues if name not in not_theirs)

    @admin.display(description="started (UTC)")
    def started(self, worker: Worker) -> str:
        return exact(worker.started_at)

    @admin.display(description="its times may be wrong by, ms")
    def uncertainty(self, worker: Worker) -> str:
        return ms(worker.uncertainty_ms)

    @admin.display(description="last heard of (UTC)", ordering="heartbeat_at")
    def heartbeat(self, worker: Worker) -> str:
        return exact(worker.heartbeat_at)

    @admin.display(description="its clock is behind by, ms")
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
