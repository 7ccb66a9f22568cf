"""Columns of a schedule: what it means, how it is, what comes next, and its last runs as a strip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Schedule
from jobs.models.querysets.strips import LastRun
from jobs.recurrence import BadExpression
from jobs.recurrence.words import in_words
from jobs.states import Cause, Standing
from jobs.templatetags.runat import badge
from jobs.transitions.schedules.nominal import parsed
from jobs.web.appearance.times import exact

LOOKS = {
    Standing.ON: ("good", "✓"),
    Standing.PAUSED: ("warn", "‖"),
    Standing.SHADOW: ("info", "◌"),
    Standing.OFF: ("idle", "⊘"),
    Standing.ENDED: ("idle", "■"),
    Standing.BROKEN: ("bad", "✕"),
}
# What became of a run: the height and place of its bar say it as well as its colour. Of 18 units: top and height.
BARS = {
    "on time": (0, 18),
    "done": (0, 18),
    "late": (6, 12),
    "failed": (0, 18),
    "running": (0, 18),
    "waiting": (9, 9),
    "skipped": (14, 4),
    "missed": (14, 4),
    "shadow": (0, 18),
}
STEP, BAR, HIGH = 8, 6, 18


def meaning(schedule: Schedule) -> str:
    """Say in words when a schedule starts; its expression where it cannot be read."""
    try:
        return in_words(parsed(schedule.dialect, schedule.expression, schedule.name))
    except BadExpression:
        return schedule.expression


def in_zone(moment: datetime, schedule: Schedule) -> str:
    """Write a moment as the clocks of the schedule show it; in UTC where its zone is not known."""
    try:
        local = moment.astimezone(schedule.zone)
    except (KeyError, ValueError, OSError):
        return f"{exact(moment)} UTC"
    seconds = f"{local:%H:%M:%S}".removesuffix(":00")
    return f"{local:%a %Y-%m-%d} {seconds} {local:%Z}"


def moment_shown(moment: datetime, schedule: Schedule) -> SafeString:
    """Show a moment by the schedule's clocks and in UTC; schedules.js adds the viewer's."""
    stamp = moment.astimezone(UTC)
    shown = in_zone(moment, schedule)
    utc = SafeString("") if schedule.time_zone == "UTC" else format_html("<small>{} UTC</small>", exact(stamp))
    return format_html('<time class="schedule-time" datetime="{}">{}{}</time>', stamp.isoformat(), shown, utc)


def standing_shown(schedule: Schedule, now: datetime) -> SafeString:
    """Show how a schedule is, and why."""
    standing = schedule.standing(now)
    shown = badge(*LOOKS[standing], str(standing.label))
    why = ""
    if standing is Standing.BROKEN:
        why = schedule.problem
    elif standing is Standing.PAUSED:
        until = f"until {exact(schedule.paused_until)} UTC" if schedule.paused_until else "until it is resumed"
        by = f" by {schedule.paused_by.get_username()}" if schedule.paused_by else ""
        why = f"{until}{by}" + (f": {schedule.pause_reason}" if schedule.pause_reason else "")
    return format_html('{} <span class="schedule-why">{}</span>', shown, why) if why else shown


def strip(runs: Sequence[LastRun], name: str) -> SafeString:
    """Draw runs, the newest first, as bars with the newest to the right; their sum in words for those who do not see
    them."""
    if not runs:
        return SafeString('<span class="schedule-none">none yet</span>')
    late_after = timedelta(seconds=conf().max_delay_time)
    drawn = [(run, run.became(late_after)) for run in reversed(runs)]
    counted: Counter[str] = Counter()
    for run, became in drawn:
        counted[became] += run.runs
    summed = ", ".join(f"{count:,} {became}" for became, count in counted.most_common())
    bars = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        (
            (became.replace(" ", "-"), place * STEP, BARS[became][0], BAR, BARS[became][1], _said(run, became))
            for place, (run, became) in enumerate(drawn)
        ),
    )
    return format_html(
        '<svg class="schedule-strip" role="img" aria-label="Last runs of {}: {}" width="{}" height="{}" '
        'viewBox="0 0 {} {}">{}</svg>',
        *(name, summed, len(drawn) * STEP, HIGH, len(drawn) * STEP, HIGH, bars),
    )


def _said(run: LastRun, became: str) -> str:
    why = f": {Cause(run.cause).label}" if run.cause else ""
    if run.until is not None:
        return f"{exact(run.nominal_at)} to {exact(run.until)} UTC, {run.runs:,} runs: {became}{why}"
    repeat = f", repeat {run.number - 1}" if run.number > 1 else ""
    return f"{exact(run.nominal_at)} UTC{repeat}: {became}{why}"


class ScheduleColumns:
    """Columns of the list, mixed into ScheduleAdmin."""

    @admin.display(description="name", ordering="name")
    def title(self, schedule: Schedule) -> SafeString:
        address = reverse("admin:jobs_schedule_page", args=[schedule.pk])
        return format_html(
            '<a class="schedule-name" href="{}">{}</a><small class="schedule-target">{}</small>',
            *(address, Truncator(schedule.name).chars(80), schedule.target),
        )

    @admin.display(description="starts")
    def starts(self, schedule: Schedule) -> SafeString:
        return format_html(
            '<span class="schedule-words">{}</span><small><code>{}</code> {}</small>',
            *(Truncator(meaning(schedule)).chars(120), Truncator(schedule.expression).chars(60), schedule.time_zone),
        )

    @admin.display(description="next start", ordering="next_at")
    def next_start(self, schedule: Schedule) -> SafeString | str:
        if schedule.next_at is None:
            return "—"
        moved: datetime | None = getattr(schedule, "next_run_at", None)
        return moment_shown(moved or schedule.next_at + schedule.offset, schedule)

    @admin.display(description="state")
    def standing(self, schedule: Schedule) -> SafeString:
        return standing_shown(schedule, clock.current())

    @admin.display(description="owner")
    def owner(self, schedule: Schedule) -> str:
        return schedule.created_by.get_username() if schedule.created_by else "—"

    @admin.display(description="last 20")
    def last(self, schedule: Schedule) -> SafeString:
        return strip(getattr(schedule, "last_runs", []), schedule.name)
