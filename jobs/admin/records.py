"""Records that the platform writes and people read: the ledger, the workers, the leader, the log of its questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs import exactjson
from jobs.admin.paging import BoundedPaginator
from jobs.admin.theme import ModelAdmin, TabularInline, ToRead
from jobs.admin.within import Discreet, DiscreetInline, Within, reach_in
from jobs.models import Attempt, Audit, Described, Job, Leadership, WorkerLog
from jobs.models.dependency import Other
from jobs.models.querysets.within import is_narrow
from jobs.templatetags.runat import percent, said, state_badge
from jobs.web.appearance.times import exact

M = TypeVar("M", bound=models.Model)


def linked(others: Sequence[Other]) -> SafeString | str:
    """Jobs with their states, each a link."""
    rows = ((reverse("admin:jobs_job_change", args=[one.id]), one.id, state_badge(one.state)) for one in others)
    return format_html_join(" ", '<a href="{}">job {}</a> {}', rows) or "—"


class AttemptColumns:
    """Times with their milliseconds, the outcome with its sign."""

    @admin.display(description="acquired")
    def acquired(self, attempt: Attempt) -> str:
        return exact(attempt.locked_at)

    @admin.display(description="started")
    def started(self, attempt: Attempt) -> str:
        return exact(attempt.started_at)

    @admin.display(description="ended")
    def ended(self, attempt: Attempt) -> str:
        return exact(attempt.finished_at)

    @admin.display(description="outcome")
    def outcome_shown(self, attempt: Attempt) -> SafeString | str:
        return "not ended" if attempt.outcome is None else state_badge(attempt.outcome)

    @admin.display(description="progress")
    def done(self, attempt: Attempt) -> str:
        return f"{percent(attempt.progress)} {attempt.progress_note or ''}".strip() or "—"

    @admin.display(description="result")
    def returned(self, attempt: Attempt) -> SafeString | str:
        if attempt.result is None:
            return "—"
        return format_html("<pre>{}</pre>", exactjson.dumps(attempt.result, indent=1))

    @admin.display(description="log")
    def lines(self, attempt: Attempt) -> SafeString | str:
        return format_html("<pre>{}</pre>", said(attempt.log)) if attempt.log else "—"


class AttemptInline(DiscreetInline, AttemptColumns, ToRead, TabularInline[Attempt, Job]):
    """Ledger of one job."""

    model = Attempt
    verbose_name_plural = "starts (the ledger)"
    fields = ["number", "worker", "acquired", "started", "ended", "outcome_shown", "done", "error", "returned", "lines"]
    readonly_fields = ("acquired", "started", "ended", "outcome_shown", "done", "returned", "lines")
    ordering = ["number"]
    extra = 0
    can_delete = False


class AuditColumns:
    """Columns of the audit: what was asked, from where to where: of a job its states, and its new and old time."""

    @admin.display(description="when")
    def when(self, audit: Audit) -> str:
        return exact(audit.at)

    @admin.display(description="what")
    def what(self, audit: Audit) -> str:
        return str(audit.get_verb_display()).lower()

    @admin.display(description="by")
    def who(self, audit: Audit) -> str:
        return audit.who or "—"

    @admin.display(description="was")
    def was(self, audit: Audit) -> SafeString:
        return _shown(audit.from_state, audit.before)

    @admin.display(description="became")
    def became(self, audit: Audit) -> SafeString:
        return _shown(audit.to_state, audit.after)


def _shown(state: int | None, described: Described) -> SafeString:
    badge = SafeString("") if state is None else state_badge(state)
    if described is None:
        return badge or SafeString("—")
    return format_html("{} <pre>{}</pre>", badge, exactjson.dumps(described, indent=1))


class AuditInline(DiscreetInline, AuditColumns, ToRead, TabularInline[Audit, Job]):
    """Audit of one job: what people asked of it."""

    model = Audit
    verbose_name_plural = "what people asked (the audit)"
    fields = ["when", "who", "what", "was", "became", "reason"]
    readonly_fields = ("when", "who", "what", "was", "became")
    ordering = ["id"]
    extra = 0
    can_delete = False


class Records(ToRead, ModelAdmin[M]):
    """Pages of a large table, without counting it."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions: Sequence[str] | None = None


@admin.register(Attempt)
class AttemptAdmin(AttemptColumns, Discreet, Within, Records[Attempt]):
    list_display = ["id", "job_id", "number", "worker", "acquired", "outcome_shown"]
    list_filter = ["outcome"]
    ordering = ["-id"]
    sortable_by = ["id"]
    fields = ["job", "number", "worker", "session", "acquired", "started", "ended", "outcome_shown"]
    fields += ["done", "error", "returned", "lines"]

    class Media:
        css = {"all": ["jobs/admin-jobs.css"]}


@admin.register(Audit)
class AuditAdmin(AuditColumns, Discreet, Within, Records[Audit]):
    """Entry of the audit in the admin; the list of them is the page /audit/."""

    fields = ["of", "when", "who", "what", "was", "became", "reason"]
    readonly_fields = ("of", "when", "who", "what", "was", "became")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("audit")

    @admin.display(description="of")
    def of(self, audit: Audit) -> str:
        return f"job {audit.job_id}" if audit.job_id else f"{audit.get_subject_display().lower()} {audit.name}"

    class Media:
        css = {"all": ["jobs/admin-jobs.css"]}


@admin.register(Leadership)
class LeadershipAdmin(Records[Leadership]):
    """Leading scheduler in the admin: the one beat that looks for due jobs, and how far it is."""

    list_display = ["process", "leads_since", "looked", "listed_jobs", "sent", "term"]
    fields = ["process", "leads_since", "looked", "listed_jobs", "sent", "term", "zones"]
    readonly_fields = ["process", "leads_since", "looked", "listed_jobs", "sent", "term"]

    def get_list_display(self, request: HttpRequest) -> Any:
        return _without_counts(request, self.list_display)

    def get_fields(self, request: HttpRequest, obj: Leadership | None = None) -> Any:
        return _without_counts(request, self.fields)

    @admin.display(description="process")
    def process(self, leader: Leadership) -> str:
        return leader.holder or "none has led yet"

    @admin.display(description="leads since (UTC)")
    def leads_since(self, leader: Leadership) -> str:
        return exact(leader.elected_at)

    @admin.display(description="last looked for due jobs (UTC)")
    def looked(self, leader: Leadership) -> str:
        return exact(leader.listed_at)

    @admin.display(description="found")
    def listed_jobs(self, leader: Leadership) -> str:
        return f"{leader.listed:,}"

    @admin.display(description="had sent all to workers (UTC)")
    def sent(self, leader: Leadership) -> str:
        return exact(leader.published_at)

    @admin.display(description="changes of leader so far")
    def term(self, leader: Leadership) -> str:
        return f"{leader.epoch:,}"


def _without_counts(request: HttpRequest, names: Sequence[Any]) -> list[Any]:
    """Return these columns but for what counts the jobs of all teams, where the person does not see all."""
    return [name for name in names if name != "listed_jobs" or not is_narrow(reach_in(request))]


@admin.register(WorkerLog)
class WorkerLogAdmin(Records[WorkerLog]):
    """Log of what the platform asked of the database, for those who want to know what it costs. It counts the jobs of
    all teams: for those who see all."""

    list_display = ["id", "action", "job", "client", "found", "asked"]
    fields = ["action", "job", "client", "found", "asked"]
    readonly_fields = ["job", "found", "asked"]
    list_filter = ["action"]

    def has_view_permission(self, request: HttpRequest, obj: WorkerLog | None = None) -> bool:
        return super().has_view_permission(request, obj) and not is_narrow(reach_in(request))

    @admin.display(description="job", empty_value="—")
    def job(self, query: WorkerLog) -> int | None:
        return query.job_id

    @admin.display(description="jobs found")
    def found(self, query: WorkerLog) -> str:
        return f"{query.results:,}"

    @admin.display(description="when (UTC)")
    def asked(self, query: WorkerLog) -> str:
        return exact(query.at)

    sortable_by = ["id"]
