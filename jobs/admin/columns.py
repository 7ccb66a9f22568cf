"""Columns of a job in the admin, in its list and on its page."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from jobs import rules, targets
from jobs.admin.filters import labels_shown
from jobs.admin.records import linked
from jobs.admin.schedules.columns import moment_shown
from jobs.admin.within import viewer_of
from jobs.clock import clock
from jobs.lateness import explain
from jobs.models import Job, Schedule
from jobs.models.dependency import DEPENDENTS_SHOWN, awaited_by, dependents_of
from jobs.rights.seeing import seen_of, seen_runs
from jobs.rules.controls import why_not_again
from jobs.templatetags.runat import as_json, lasted, state_badge
from jobs.transitions.dependencies import runs
from jobs.web.appearance.times import exact


class JobColumns:
    """Columns of a job, mixed into JobAdmin."""

    @admin.display(description="state", ordering="state")
    def state_shown(self, job: Job) -> SafeString:
        return state_badge(job.state)

    @admin.display(description="name")
    def title(self, job: Job) -> str:
        return Truncator(job.name).chars(80) or "—"

    @admin.display(description="run at (UTC)", ordering="run_at")
    def due(self, job: Job) -> str:
        return exact(job.run_at)

    @admin.display
    def delay(self, job: Job) -> str:
        return lasted(job.delay_ms)

    @admin.display(description="took")
    def duration(self, job: Job) -> str:
        return lasted(job.duration_ms)

    @admin.display(description="punctuality")
    def why(self, job: Job) -> str:
        return explain(job, clock.current())

    @admin.display(description="history")
    def removed(self, job: Job) -> str:
        """Say that a job has left the table, and when it goes."""
        when = "It is kept." if job.remove_on is None else f"It is removed on {job.remove_on} UTC."
        again = "" if job.redacted_at else " A retry brings it back."
        return f"This job is over and has gone into the history: it is to be read. {when}{again}"

    @admin.display(description="redacted")
    def redacted(self, job: Job) -> str:
        """Say that what the job held is gone."""
        return why_not_again(job)

    @admin.display(description="starts")
    def its_starts(self, job: Job) -> SafeString | str:
        """List the starts of a job of the history, which stand in its row."""
        rows = (
            (one.number, one.worker, exact(one.locked_at), exact(one.finished_at), one.get_outcome_display(), one.error)
            for one in job.attempts.all()
        )
        return format_html_join(mark_safe("<br>"), "{}. on {}, acquired {}, ended {}: {} {}", rows) or "—"

    @admin.display(description="stands for")
    def stands_for(self, job: Job) -> SafeString | str:
        """Name the schedule that has made it and the time of that, for those who may look at schedules."""
        if job.schedule_id is None or job.nominal_at is None:
            return "—"
        schedule = Schedule.objects.within(viewer_of(job)).filter(pk=job.schedule_id).first()
        if schedule is None:
            return f"the run of {exact(job.nominal_at)} UTC of a schedule that was deleted, or is another team's"
        address = reverse("admin:jobs_schedule_page", args=[schedule.pk])
        run = moment_shown(job.nominal_at, schedule)
        return format_html('<a class="schedule-name" href="{}">{}</a>, its run of {}', address, schedule.name, run)

    @admin.display(description="waits for")
    def waits(self, job: Job) -> SafeString | str:
        """Name the jobs and the runs of other schedules that it waits for, or has waited for."""
        awaited = runs.awaited_by(job, now=clock.current())[:DEPENDENTS_SHOWN]
        if not awaited:
            return linked(seen_of(awaited_by(job), viewer_of(job))[:DEPENDENTS_SHOWN])
        seen = seen_runs(awaited, viewer_of(job))
        return format_html_join(mark_safe("<br>"), "{} {}", [(run.words, run.stands) for run in seen]) or "—"

    @admin.display(description="others that wait for it")
    def others_wait(self, job: Job) -> SafeString | str:
        return linked(seen_of(dependents_of(job), viewer_of(job)))

    @admin.display(description="target")
    def what_it_calls(self, job: Job) -> SafeString | str:
        """Name its target, with what that does and where its runbook is."""
        target = targets.known(job.target)
        if target is None:
            return f"{job.target}: there is no such target any more."
        lines = [(job.target,), *([(target.summary,)] if target.summary else [])]
        runbook = format_html('<br><a href="{0}">Runbook: {0}</a>', target.runbook) if target.runbook else ""
        return format_html("{}{}", format_html_join(mark_safe("<br>"), "{}", lines), runbook)

    @admin.display(description="payload")
    def arguments(self, job: Job) -> SafeString:
        shown = targets.shown(job.target, job.payload, sees_secrets=viewer_of(job).sees_secrets)
        return format_html("<pre>{}</pre>", as_json(shown))

    @admin.display(description="labels")
    def labelled(self, job: Job) -> SafeString | str:
        return labels_shown(job.labels, "jobs_job") or "—"

    @admin.display(description="policies")
    def policies(self, job: Job) -> SafeString:
        return format_html_join(mark_safe("<br>"), "{}", [(line,) for line in rules.policies(job)])

    @admin.display(description="asked for, before its calendar moved it")
    def asked(self, job: Job) -> str:
        return exact(job.asked_run_at)

    @admin.display
    def created(self, job: Job) -> str:
        return exact(job.created_at)

    @admin.display
    def published(self, job: Job) -> str:
        return exact(job.enqueued_at)

    @admin.display
    def acquired(self, job: Job) -> str:
        return exact(job.locked_at)

    @admin.display
    def started(self, job: Job) -> str:
        return exact(job.execute_at)

    @admin.display
    def asked_to_stop(self, job: Job) -> str:
        return exact(job.cancel_requested_at)

    @admin.display
    def finished(self, job: Job) -> str:
        return exact(job.finished_at)
