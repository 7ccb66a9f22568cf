"""Jobs in the admin. What is written goes through jobs/rules/ and jobs/transitions/, as everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from jobs import rules, transitions
from jobs.admin.actions import JobActions, reschedule_one, why_kept
from jobs.admin.columns import JobColumns
from jobs.admin.creating import Limited
from jobs.admin.filters import DayFilter, HeldFilter, LabelFilter, QueueFilter, StateFilter, TargetFilter
from jobs.admin.forms import NewJobForm
from jobs.admin.keeping import keep_or_let_go
from jobs.admin.paging import BoundedPaginator
from jobs.admin.records import AttemptInline, AuditInline
from jobs.admin.searching import searched
from jobs.admin.theme import ModelAdmin
from jobs.clock import clock
from jobs.models import Job, Kept, Subject
from jobs.models.history import find
from jobs.models.querysets import JobQuerySet
from jobs.templatetags.runat import exact, span
from jobs.web import controls

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

ID = re.compile(r"[0-9]{1,18}")


@admin.register(Job)
class JobAdmin(Limited, JobActions, JobColumns, ModelAdmin[Job]):
    list_display = ["id", "state_shown", "title", "target", "queue", "due", "delay"]
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
                    "target",
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
    add_fieldsets = [(None, {"fields": [*NewJobForm.base_fields]})]

    class Media:
        css = {"all": ["admin-jobs.css", "admin-schedules.css"]}

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        match = request.resolver_match
        if match is not None and match.url_name == "jobs_job_changelist":
            return Job.objects.brief()
        return Job.objects.for_people()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        return searched(request, cast("JobQuerySet", queryset), search_term), False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Job | None:
        """Return the job, also one that has gone into the history."""
        job = super().get_object(request, object_id, from_field)
        return find(int(object_id)) if job is None and ID.fullmatch(object_id) else job

    # --- a new job ---

    def get_form(self, request: HttpRequest, obj: Job | None = None, change: bool = False, **kwargs: Any) -> Any:
        if change:
            help_texts = {name: asked.help for name, asked in rules.ASKED.items()}
            return super().get_form(request, obj, change=change, help_texts=help_texts, **kwargs)
        asked = {"by": request.user, "refusal": getattr(request, "refusal", "")}
        return type("AskedJobForm", (NewJobForm,), asked)

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        return [(None, {"fields": ["removed", "its_starts"]}), *self.fieldsets] if obj.in_history else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Job | None = None) -> Any:
        return [name for _, options in self.get_fieldsets(request, obj) for name in options["fields"]] if obj else []

    def get_inlines(self, request: HttpRequest, obj: Job | None) -> Any:
        if obj is None:
            return []
        return [AuditInline] if obj.in_history else self.inlines  # its ledger stands in its row

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Job:
        return cast("Job", form.instance)

    def save_model(self, request: HttpRequest, obj: Job, form: Any, change: bool) -> None:
        job, _ = transitions.create(form.new_job, now=clock.current(), by=cast("AbstractBaseUser", request.user))
        obj.__dict__.update(job.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: a new job has no relations yet."""

    def response_add(self, request: HttpRequest, obj: Job, post_url_continue: str | None = None) -> HttpResponse:
        left = span((obj.run_at - clock.current()).total_seconds())
        messages.success(
            request,
            f"Job {obj.pk} will start {obj.target} at {exact(obj.run_at)} UTC, in {left}. {obj.waited_for}".rstrip(),
        )
        if "_addanother" in request.POST:
            return redirect(request.path)
        return redirect(reverse("admin:jobs_job_change", args=[obj.pk]))

    # --- one job: facts to read, and buttons ---

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        job: Job | None = context.get("original")
        may = job is not None and self.has_control_permission(request)
        context["verbs"] = controls.offered(job, request.user) if job else []
        context["asks_why"] = bool(job and may and controls.asks_why(job))
        context["may_reschedule"] = bool(job and controls.is_offered(controls.RESCHEDULE, job, request.user))
        context["may_keep"] = bool(job and may and job.is_final)
        context["kept"] = Kept.objects.select_related("by").filter(job_id=job.pk).first() if job and may else None
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        one = path(
            "<int:job_id>/reschedule/", self.admin_site.admin_view(self.reschedule_view), name="jobs_job_reschedule"
        )
        kept = path("<int:job_id>/keep/", self.admin_site.admin_view(self.keep_view), name="jobs_job_keep")
        return [one, kept, *super().get_urls()]

    def keep_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        if not self.has_control_permission(request):
            raise PermissionDenied
        return keep_or_let_go(request, job_id)

    def reschedule_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        if not self.has_control_permission(request):
            raise PermissionDenied
        return reschedule_one(self.admin_site, request, job_id)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead on to the audit of the job, where all is told that people asked of it, by whatever way."""
        if self.get_object(request, object_id) is None:
            return super().history_view(request, object_id, extra_context)
        query = urlencode({"subject__exact": Subject.JOB, "q": object_id})
        return redirect(f"{reverse('admin:jobs_audit_changelist')}?{query}")

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
        """Delete the jobs that have ended; any that was retried since the page was shown stays."""
        with transaction.atomic():
            ended = Job.objects.ended_and_locked(queryset.values_list("pk", flat=True))
            Job.objects.filter(pk__in=ended).delete()
