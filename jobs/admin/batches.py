"""Batches, to read: how far each is, and the job that waits for its end."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs.admin.records import Records, linked
from jobs.admin.within import KnowsViewer, reach_in, viewer_of
from jobs.models import Batch, Job
from jobs.models.dependency import last_of
from jobs.models.querysets.within import history_count, history_has, is_narrow
from jobs.states import OVER
from jobs.templatetags.runat import state_badge
from jobs.web.appearance.times import exact


@admin.register(Batch)
class BatchAdmin(KnowsViewer, Records[Batch]):
    list_display = ["id", "name", "created", "creator", "ended", "last"]
    list_select_related = ["created_by", "callback"]
    ordering = ["-id"]
    sortable_by = ["id"]
    search_fields = ["name"]
    fields = ["name", "created", "creator", "states", "last", "idempotency_key"]

    class Media:
        css = {"all": ["jobs/admin-jobs.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        """Return the batches with counts of what the person sees, asked for the rows of the page only."""
        reach = reach_in(request)
        of_it = Job.objects.within(reach).filter(batch=OuterRef("pk")).order_by()
        left = history_count(reach, "jobs_history.batch_id = jobs_batch.id")  # what has gone into it is over
        counts: dict[str, Any] = {"_jobs": _count(of_it), "_over": _count(of_it.in_state(OVER)), "_left": left}
        if is_narrow(reach):
            seen = Exists(Job.objects.within(reach).order_by().filter(pk=OuterRef("callback_id")))
            counts["_sees_last"] = seen | history_has(reach, "id = jobs_batch.callback_id")
        return Batch.objects.within(reach).annotate(**counts)

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
        counts = sorted(batch.counts(viewer_of(batch)).items())
        shown = format_html_join(" ", "{} {}", ((count, state_badge(state)) for state, count in counts))
        return format_html('{} <a href="{}">all of them</a>', shown, _jobs_of(batch))

    @admin.display(description="starts after the last of them")
    def last(self, batch: Batch) -> SafeString | str:
        last = last_of(batch) if getattr(batch, "_sees_last", True) else None
        return linked([last]) if last else "—"


def _count(jobs: QuerySet[Job]) -> Subquery:
    return Subquery(jobs.values("batch").annotate(count=Count("pk")).values("count"))


def _jobs_of(batch: Batch) -> str:
    return f"{reverse('admin:jobs_job_changelist')}?batch={batch.pk}"
