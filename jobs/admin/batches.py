"""Batches, to read: how far each is, and the job that waits for its end."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs.admin.records import Records, linked
from jobs.models import Batch, Job
from jobs.models.dependency import last_of
from jobs.states import OVER
from jobs.templatetags.runat import exact, state_badge


@admin.register(Batch)
class BatchAdmin(Records[Batch]):
    list_display = ["id", "name", "created", "creator", "ended", "last"]
    list_select_related = ["created_by", "callback"]
    ordering = ["-id"]
    sortable_by = ["id"]
    search_fields = ["name"]
    fields = ["name", "created", "creator", "states", "last", "idempotency_key"]

    class Media:
        css = {"all": ["admin-jobs.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        """Return the batches with their counts, asked for the rows of the page only."""
        of_it = Job.objects.filter(batch=OuterRef("pk")).order_by()
        left = RawSQL(LEFT, [])  # noqa: S611 - ours
        counts = {"_jobs": _count(of_it), "_over": _count(of_it.in_state(OVER)), "_left": left}
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="created", ordering="created_at")
    def created(self, batch: Batch) -> str:
        return exact(batch.created_at)

    @admin.display(description="by")
    def creator(self, batch: Batch) -> str:
        return batch.created_by.get_username() if batch.created_by else "—"

    @admin.display(description="ended")
    def ended(self, batch: Batch) -> SafeString:
        over, jobs, left = (getattr(batch, name) or 0 for name in ("_over", "_jobs", "_left"))
        return format_html('<a href="{}">{} of {}</a>', _jobs_of(batch), over + left, jobs + left)

    @admin.display(description="its jobs")
    def states(self, batch: Batch) -> SafeString:
        counts = sorted(batch.counts().items())
        shown = format_html_join(" ", "{} {}", ((count, state_badge(state)) for state, count in counts))
        return format_html('{} <a href="{}">all of them</a>', shown, _jobs_of(batch))

    @admin.display(description="starts after the last of them")
    def last(self, batch: Batch) -> SafeString | str:
        last = last_of(batch)
        return linked([last]) if last else "—"


# What has gone into the history is over.
LEFT = "SELECT count(*) FROM jobs_history WHERE jobs_history.batch_id = jobs_batch.id"


def _count(jobs: QuerySet[Job]) -> Subquery:
    return Subquery(jobs.values("batch").annotate(count=Count("pk")).values("count"))


def _jobs_of(batch: Batch) -> str:
    return f"{reverse('admin:jobs_job_changelist')}?batch={batch.pk}"
