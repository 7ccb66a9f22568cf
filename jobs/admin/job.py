"""Jobs in the admin. What is written goes through jobs/rules/ and jobs/transitions/, as everywhere."""

from __future__ import annotations

import re
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from jobs import rules
from jobs.admin.actions import JobActions, reschedule_one, touched_ids, why_kept
from jobs.admin.columns import JobColumns
from jobs.admin.filters import DayFilter, HeldFilter, LabelFilter, QueueFilter, StateFilter, TargetFilter
from jobs.admin.keeping import keep_or_let_go, redact
from jobs.admin.paging import BoundedPaginator
from jobs.admin.records import AttemptInline, AuditInline
from jobs.admin.searching import searched
from jobs.admin.theme import ModelAdmin
from jobs.admin.within import Discreet, Within, reach_in
from jobs.database import transaction
from jobs.models import Job, Kept
from jobs.models.querysets import JobQuerySet
from jobs.permissions import REDACT_JOB
from jobs.rights.telling import seen_job
from jobs.web import controls

ID = re.compile(r"[0-9]{1,18}")


@admin.register(Job)
class JobAdmin(JobActions, JobColumns, Discreet, Within, ModelAdmin[Job]):
    list_display = ["id", "state_shown", "title", "target", "queue", "due", "delay"]
    in_table = {"title": ("name",), "due": ("run_at",), "delay": ("delay_ms",)}
    list_display_links = ["id", "title"]
    list_filter = [StateFilter, HeldFilter, DayFilter, QueueFilter, TargetFilter, LabelFilter]
    search_fields = ["id", "name", "target"]
    search_help_text = "An id, a label such as team:payroll, or a part of a name or target"
    sortable_by = ["id", "due"]
    ordering = ["-run_at"]
    actions = ["run_now", "retry", "cancel", "reschedule", "confirm_done", "confirm_failed", "delete_selected"]
    paginator = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count for each filter would read the whole table
    inlines = [AttemptInline, AuditInline]
    fieldsets = [
        (None, {"fields": ["state_shown", "why", "reason", "stands_for", "waits", "others_wait"]}),
        (
            "What",
            {
                "fields": [
                    "name",
                    "what_it_calls",
                    "arguments",
                    "queue",
                    "labelled",
                    "key",
                    "policies",
                    "deadline",
                    "created_by",
                ]
            },
        ),
        (
            "When (UTC)",
            {
                "fields": [
                    "due",
                    "calendar",
                    "blackout",
                    "asked",
                    "waited_for",
                    "created",
                    "published",
                    "acquired",
                    "started",
                    "asked_to_stop",
                    "finished",
                    "delay",
                    "duration",
                ]
            },
        ),
    ]

    class Media:
        css = {"all": ["jobs/admin-jobs.css", "jobs/admin-schedules.css"]}

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        match = request.resolver_match
        if match is not None and match.url_name == "jobs_job_changelist":
            return Job.objects.brief().within(reach_in(request))
        return Job.objects.for_people().within(reach_in(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        return searched(request, cast("JobQuerySet", queryset), search_term), False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Job | None:
        """Return the job, also one that has gone into the history."""
        job: Job | None = super().get_object(request, object_id, from_field)
        if job is None and ID.fullmatch(object_id):
            job = seen_job(int(object_id), reach_in(request))
            if job is not None:
                cast("Any", job).viewer = reach_in(request)
        return job

    # --- a new job ---

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Lead on to the one page on which people create jobs."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return redirect("new-job")

    # --- what is shown of one ---

    def get_form(self, request: HttpRequest, obj: Job | None = None, change: bool = False, **kwargs: Any) -> Any:
        help_texts = {name: asked.help for name, asked in rules.ASKED.items()}
        return super().get_form(request, obj, change=change, help_texts=help_texts, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> Any:
        first = ["redacted"] if obj is not None and obj.redacted_at is not None else []
        first += ["removed", "its_starts"] if obj is not None and obj.in_history else []
        return [(None, {"fields": first}), *self.fieldsets] if first else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Job | None = None) -> Any:
        return [name for _, options in self.get_fieldsets(request, obj) for name in options["fields"]]

    def get_inlines(self, request: HttpRequest, obj: Job | None) -> Any:
        removed = obj is not None and obj.in_history
        return [AuditInline] if removed else self.inlines  # its ledger stands in its row

    # --- one job: facts to read, and buttons ---

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        job: Job | None = context.get("original")
        may = job is not None and self.has_control_permission(request) and self.is_theirs(request, job)
        context["verbs"] = controls.offered(job, request.user) if job else []
        context["asks_why"] = bool(job and may and controls.asks_why(job))
        context["may_reschedule"] = bool(job and controls.is_offered(controls.RESCHEDULE, job, request.user))
        context["may_keep"] = bool(job and may and job.is_final)
        context["may_redact"] = bool(
            job and job.is_final and job.redacted_at is None and request.user.has_perm(REDACT_JOB)
        )
        context["kept"] = Kept.objects.select_related("by").filter(job_id=job.pk).first() if job and may else None
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        one = path(
            "<int:job_id>/reschedule/", self.admin_site.admin_view(self.reschedule_view), name="jobs_job_reschedule"
        )
        kept = path("<int:job_id>/keep/", self.admin_site.admin_view(self.keep_view), name="jobs_job_keep")
        gone = path("<int:job_id>/redact/", self.admin_site.admin_view(self.redact_view), name="jobs_job_redact")
        return [one, kept, gone, *super().get_urls()]

    def keep_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        if not self.has_control_permission(request):
            raise PermissionDenied
        return keep_or_let_go(request, job_id)

    def redact_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        if not request.user.has_perm(REDACT_JOB):
            raise PermissionDenied
        return redact(request, job_id)

    def reschedule_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        if not self.has_control_permission(request):
            raise PermissionDenied
        return reschedule_one(self.admin_site, request, job_id, self.get_queryset(request))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead on to the audit of the job, where all is told that people asked of it, by whatever way."""
        if self.get_object(request, object_id) is None:
            return super().history_view(request, object_id, extra_context)
        return redirect(f"{reverse('audit')}?job={object_id}")

    # --- deletion: only of what has ended ---

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or (obj.is_final and not obj.in_history))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The row is held until it is gone: what is retried meanwhile waits, and nobody is told of a deletion that
        has not been."""
        with transaction.atomic():
            job = self.get_object(request, object_id)
            if job is not None and super().has_delete_permission(request, job):
                kept = not Job.objects.ended_and_locked([job.pk])
                job = self.get_object(request, object_id)
                if job is not None and kept:
                    messages.error(request, why_kept(job))
                    return redirect(reverse("admin:jobs_job_change", args=[job.pk]))
            return super().delete_view(request, object_id, extra_context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return what the page of confirmation lists: the jobs. Their ledger goes with them, and nothing else."""
        jobs = [str(job) for job in objs]
        return jobs, {"jobs, each with its ledger": len(jobs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Job) -> None:
        self.delete_queryset(request, Job.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Delete the jobs that have ended; any that was retried since the page was shown stays, as does what is not the
        person's to delete."""
        with transaction.atomic():
            ended = Job.objects.ended_and_locked(touched_ids(request, queryset.values_list("pk", flat=True)))
            Job.objects.filter(pk__in=ended).delete()
