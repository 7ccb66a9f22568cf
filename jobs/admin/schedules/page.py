"""Page of one schedule: what comes, what was, and who has changed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from jobs import targets
from jobs.admin.filters import labels_shown
from jobs.admin.schedules.columns import meaning, moment_shown, standing_shown, strip
from jobs.admin.schedules.future import coming
from jobs.admin.schedules.runs import VERBS
from jobs.admin.within import reach_in
from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Audit, Job, Occurrence, Schedule, Subject
from jobs.models.history import in_bulk
from jobs.models.querysets.strips import SHOWN, LastRun
from jobs.permissions import VIEW_AUDIT
from jobs.recurrence import DIALECTS
from jobs.rights import Reach
from jobs.rights.telling import tell
from jobs.spans import span
from jobs.states import CatchUp, Cause, Overlap
from jobs.templatetags.runat import as_json, badge, state_badge
from jobs.web.appearance.times import exact

if TYPE_CHECKING:
    from jobs.admin.schedules.schedule import ScheduleAdmin

HISTORY = 50  # rows of a page
AUDIT = 20
BECAME = {
    "on time": ("good", "✓"),
    "done": ("good", "✓"),
    "late": ("warn", "!"),
    "failed": ("bad", "✕"),
    "running": ("info", "▸"),
    "waiting": ("idle", "○"),
    "skipped": ("idle", "↷"),
    "missed": ("warn", "∅"),
    "shadow": ("info", "◌"),
}


@dataclass(frozen=True)
class Past:
    """A line of the history."""

    occurrence: Occurrence
    job: Job | None
    run: LastRun

    @property
    def became(self) -> SafeString:
        word = self.run.became(timedelta(seconds=conf().max_delay_time))
        return badge(*BECAME[word], word)

    @property
    def state(self) -> SafeString:
        return state_badge(self.job.state) if self.job else SafeString("")

    @property
    def cause(self) -> str:
        return str(Cause(self.occurrence.cause).label) if self.occurrence.cause else ""

    @property
    def delay(self) -> float | None:
        return self.job.delay_ms if self.job else None


@dataclass(frozen=True)
class Change:
    """A line of the audit: of a change only what has become different."""

    audit: Audit
    changed: list[tuple[str, Any, Any]]


def show(admin: ScheduleAdmin, request: HttpRequest, schedule: Schedule) -> HttpResponse:
    """Return the page. It asks as many statements for a schedule of years as for a new one."""
    now = clock.current()
    runs, after = coming(schedule, now, reach_in(request))
    before = _before(request)
    past = history(schedule, now, reach_in(request), before=before)
    more = past[HISTORY - 1].occurrence if len(past) > HISTORY else None
    context = {
        **admin.admin_site.each_context(request),
        "title": schedule.name,
        "opts": Schedule._meta,
        "media": admin.media,
        "schedule": schedule,
        "standing": standing_shown(schedule, now),
        "facts": facts(schedule, reach_in(request)),
        "coming": [(run, moment_shown(run.run_at, schedule), [VERBS[name] for name in run.buttons]) for run in runs],
        "after": after,
        "strip": strip([line.run for line in past[:SHOWN]], schedule.name) if before is None else "",
        "history": [(line, moment_shown(line.occurrence.nominal_at, schedule)) for line in past[:HISTORY]],
        "older": more.nominal_at.astimezone(UTC).isoformat() if more else "",
        "before": before,
        "audit": audit(schedule, reach_in(request)) if request.user.has_perm(VIEW_AUDIT) else [],
        "audit_of": f"schedule {schedule.name}",
        "may_change": admin.has_change_permission(request, schedule),
        "may_control": admin.has_control_permission(request) and admin.is_theirs(request, schedule),
        "may_switch": admin.has_switch_permission(request) and admin.is_theirs(request, schedule),
        "may_delete": admin.has_delete_permission(request, schedule),
    }
    return TemplateResponse(request, "admin/jobs/schedule/page.html", context)


def _before(request: HttpRequest) -> datetime | None:
    """Return from which moment on the history is asked for; None for its newest page."""
    try:
        found = datetime.fromisoformat(request.GET.get("before", ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def history(schedule: Schedule, now: datetime, reach: Reach, *, before: datetime | None) -> list[Past]:
    """Return a page of what has become of its nominal times, the newest first, and one line more where there are
    more."""
    rows = Occurrence.objects.filter(schedule=schedule, nominal_at__lte=now).select_related("by")
    if before is not None:
        rows = rows.filter(nominal_at__lt=before)
    found = tell(rows.order_by("-nominal_at", "-number")[: HISTORY + 1], reach)
    jobs = in_bulk([row.job_id for row in found if row.job_id is not None], Job.objects.brief())
    of_rows = [(row, jobs.get(row.job_id or 0)) for row in found]
    return [_past(row, job if job is not None and reach.sees(job) else None) for row, job in of_rows]


def _past(row: Occurrence, job: Job | None) -> Past:
    of_row = (row.schedule_id, row.nominal_at, row.number, row.until, row.count, row.cause, row.job_id)
    of_job = (None, None, None) if job is None else (job.state, job.run_at, job.execute_at)
    return Past(row, job, LastRun(*of_row, *of_job))


def facts(schedule: Schedule, reach: Reach) -> list[tuple[str, Any]]:
    """Say what was asked for a schedule, a line each."""
    dialect = DIALECTS.get(schedule.dialect)
    found: list[tuple[str, Any]] = [
        ("Starts", f"{meaning(schedule)}, by the clocks of {schedule.time_zone}"),
        ("Written as", f"{schedule.expression} ({dialect.label if dialect else schedule.dialect})"),
        ("Target", schedule.target),
        ("Arguments", as_json(targets.shown(schedule.target, schedule.payload, sees_secrets=reach.sees_secrets))),
        ("Queue", schedule.queue),
        ("While an earlier run goes on", Overlap(schedule.overlap).label),
        ("After downtime", _caught_up(schedule)),
    ]
    if schedule.labels:
        found.append(("Labels", labels_shown(schedule.labels, "jobs_schedule")))
    if schedule.calendar is not None:
        found.append(("Calendar", f"{schedule.calendar.name}; when it is closed, {schedule.get_blackout_display()}"))
    if after := Schedule.objects.within(reach).names_of(schedule.after_ids):
        found.append(("Comes after", f"{', '.join(after)}; it starts when {schedule.get_after_end_display()}"))
    if schedule.spread:
        start = span(schedule.offset.total_seconds())
        found.append(("Spread", f"{start} after its nominal times, its part of {span(schedule.spread)}"))
    if schedule.starts_at or schedule.ends_at:
        begin, end = (exact(moment) if moment else "" for moment in (schedule.starts_at, schedule.ends_at))
        found.append(("From, until (UTC)", f"{begin or 'its creation'}, {end or 'for ever'}"))
    if schedule.most_runs is not None:
        found.append(("Runs", f"{schedule.made:,} of {schedule.most_runs:,}"))
    if schedule.start_within is not None:
        late = f"no later than {span(schedule.start_within)} after its time, else {schedule.get_if_late_display()}"
        found.append(("Starts", late))
    if schedule.deadline is not None:
        found.append(("Deadline", span(schedule.deadline)))
    by = f" by {schedule.created_by.get_username()}" if schedule.created_by else ""
    if schedule.declared_in:
        found.append(("Declared in", f"{schedule.declared_in}; the next apply takes changes by hand back"))
    found.append(("Created (UTC)", f"{exact(schedule.created_at)}{by}"))
    return found


def _caught_up(schedule: Schedule) -> str:
    if schedule.catch_up == CatchUp.ALL:
        return f"of what was missed the latest {schedule.catch_up_limit} start, one after the other"
    return str(CatchUp(schedule.catch_up).label)


def audit(schedule: Schedule, reach: Reach) -> list[Change]:
    """Return the latest changes by hand."""
    rows = Audit.objects.within(reach).filter(subject=Subject.SCHEDULE, name=schedule.name).order_by("-id")
    return [Change(row, _changed(row)) for row in tell(rows[:AUDIT], reach)]


def _changed(row: Audit) -> list[tuple[str, Any, Any]]:
    before, after = row.before or {}, row.after or {}
    if not before or not after:
        return []
    # Who it was stands beside it.
    names = [name for name in after if before.get(name) != after[name] and not name.endswith("_by_id")]
    return [(name.replace("_", " "), _plain(name, before.get(name)), _plain(name, after[name])) for name in names]


def _plain(name: str, value: Any) -> Any:
    if value in (None, ""):
        return "—"
    if name.endswith(("_at", "_until")):
        return f"{exact(datetime.fromisoformat(value))} UTC"
    return value
