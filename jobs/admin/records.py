"""Records that the platform writes and people read: the ledger, the workers, the leader, the log of its questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs import exactjson
from jobs.admin.paging import BoundedPaginator
from jobs.admin.theme import ModelAdmin, TabularInline, ToRead
from jobs.models import Attempt, Audit, Described, Job, Leadership, WorkerLog
from jobs.models.dependency import Other
from jobs.templatetags.runat import exact, percent, said, state_badge

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

    @admin.display(description="log")
    def lines(self, attempt: Attempt) -> SafeString | str:
        return format_html("<pre>{}</pre>", said(attempt.log)) if attempt.log else "—"


class AttemptInline(AttemptColumns, ToRead, TabularInline[Attempt, Job]):
    """Ledger of one job."""

    model = Attempt
    verbose_name_plural = "starts (the ledger)"
    fields = ["number", "worker", "acquired", "started", "ended", "outcome_shown", "done", "error", "result", "lines"]
    readonly_fields = ("acquired", "started", "ended", "outcome_shown", "done", "lines")
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
        return audit.by.get_username() if audit.by else "—"

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


class AuditInline(AuditColumns, ToRead, TabularInline[Audit, Job]):
    """Audit of one job: what people asked of it."""

    model = Audit
    verbose_name_plural = "what people asked (the audit)"
    fields = ["when", "who", "what", "was", "became", "reason"]
    readonly_fields = ("when", "who", "what", "was", "became")
    ordering = ["id"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Audit]:
        return super().get_queryset(request).select_related("by")


class Records(ToRead, ModelAdmin[M]):
    """Pages of a large table, without counting it."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions: Sequence[str] | None = None


@admin.register(Attempt)
class AttemptAdmin(AttemptColumns, Records[Attempt]):
    list_display = ["id", "job_id", "number", "worker", "acquired", "outcome_shown"]
    list_filter = ["outcome"]
    ordering = ["-id"]
    sortable_by = ["id"]
    fields = ["job", "number", "worker", "session", "acquired", "started", "ended", "outcome_shown"]
    fields += ["done", "error", "result", "lines"]

    class Media:
        css = {"all": ["admin-jobs.css"]}


@admin.register(Audit)
class AuditAdmin(AuditColumns, Records[Audit]):
    list_display = ["id", "of", "when", "who", "what", "was", "became", "reason"]
    list_filter = ["subject", "verb"]
    search_fields = ["=name"]
    search_help_text = "The id of a job, or the whole name of a queue, key, trigger, calendar or worker"
    list_select_related = ["by"]
    ordering = ["-id"]
    sortable_by = ["id"]
    fields = ["of", "when", "who", "what", "was", "became", "reason"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Audit], search_term: str
    ) -> tuple[QuerySet[Audit], bool]:
        found = super().get_search_results(request, queryset, search_term)[0]
        term = search_term.strip()
        of_job = queryset.filter(job_id=int(term)) if term.isdecimal() and len(term) < 19 else queryset.none()
        return found | of_job, False

    @admin.display(description="of")
    def of(self, audit: Audit) -> str:
        return f"job {audit.job_id}" if audit.job_id else f"{audit.get_subject_display().lower()} {audit.name}"

    class Media:
        css = {"all": ["admin-jobs.css"]}


@admin.register(Leadership)
class LeadershipAdmin(Records[Leadership]):
    list_display = ["holder", "epoch", "elected_at", "listed_at", "listed", "published_at"]


@admin.register(WorkerLog)
class WorkerLogAdmin(Records[WorkerLog]):
    list_display = ["id", "action", "job_id", "client", "results", "at"]
    list_filter = ["action"]
    sortable_by = ["id"]
