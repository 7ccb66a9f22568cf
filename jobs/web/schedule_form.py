"""The form for a schedule. It reads text; jobs/rules/ judges."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from jobs import exactjson, rules, targets
from jobs.models import Schedule
from jobs.recurrence import DIALECTS
from jobs.rights import Reach, reach_of
from jobs.rules import SCHEDULE_ASKED
from jobs.web import parsing
from jobs.web.fields import MomentInput, calendar_choices, field_of, labels_text, startable
from jobs.web.parsing import Unreadable

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

NEEDED = ("name", "target", "queue", "dialect", "expression", "time_zone")
MOMENTS = ("starts_at", "ends_at")
# What is judged in the place of what cannot be read, so that one answer names all that is wrong.
STAND_INS = {"name": "\N{HORIZONTAL ELLIPSIS}", "target": "demo.noop", "dialect": "cron", "expression": "* * * * *"}


def _field(name: str) -> forms.Field:
    asked = SCHEDULE_ASKED[name]
    if name in MOMENTS:
        empty = f" Empty: {asked.absent.means}." if asked.absent else ""
        return forms.CharField(
            required=False,
            label=asked.label,
            widget=MomentInput(attrs={"step": "1"}),
            help_text=f"{asked.help} By the clocks of the time zone above.{empty}",
        )
    found = field_of(asked, needed=name in NEEDED)
    if name == "expression":
        found.widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "code"})
        found.help_text = "\n".join(f"{dialect.label}: {dialect.help}" for dialect in DIALECTS.values())
    if name == "overlap":
        found.label = "While an earlier run goes on"
    if name == "dialect":
        found.initial, found.label = "cron", "Written in"
    return found


class ScheduleForm(forms.Form):
    """Form for a new schedule, or a change of `before`. After `is_valid()`, `new_schedule` is what it is to be. `now`
    is the database's clock."""

    new_schedule: rules.NewSchedule
    by: AbstractBaseUser | None = None  # who asks
    before: Schedule | None = None

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        # As in JobForm: the rules say what an unknown target or calendar is.
        self.fields["calendar"].widget = forms.Select(
            choices=cache(lambda: calendar_choices(reach_of(self.by)))  # type: ignore[arg-type]
        )
        known = [targets.find(name) for name in startable(reach_of(self.by))]
        self.fields["target"].widget = forms.Select(
            choices=[("", "choose one"), *((t.name, f"{t.name} ({t.usage()})") for t in known)]
        )
        self.fields["target"].help_text = "\n".join(f"{t.name}: {t.summary}" for t in known)

    def _moment(self, name: str, zone: ZoneInfo) -> None:
        text = (self.cleaned_data.get(name) or "").strip()
        self.cleaned_data[name] = None
        if not text:
            return
        try:
            self.cleaned_data[name] = parsing.chosen(text, zone)
        except Unreadable as error:
            self.add_error(name, str(error))

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        try:
            zone = parsing.zone(cleaned.get("time_zone") or "")
        except Unreadable as error:
            if "time_zone" in cleaned:
                self.add_error("time_zone", str(error))
            for name in MOMENTS:  # nobody knows which moments are meant
                cleaned.pop(name, None)
        else:
            for name in MOMENTS:
                self._moment(name, zone)
        self._judge()
        return cleaned

    def readable(self) -> dict[str, Any]:
        """Return what could be read, by the names of the rules."""
        return {name: self.cleaned_data[name] for name in SCHEDULE_ASKED if name in self.cleaned_data}

    def _judge(self) -> None:
        """Judge what can be read, also of a form that cannot be read as a whole."""
        readable = self.readable()
        try:
            self.new_schedule = rules.check_new_schedule(
                now=self._now, by=self.by, before=self.before, **{**STAND_INS, **readable}
            )
        except ValidationError as error:
            for name, problems in error.error_dict.items():
                if name in readable:
                    self.add_error(name, problems)


def initial_of(schedule: Schedule, reach: Reach) -> Mapping[str, Any]:
    """Return what the form shows of a schedule that is there, to somebody of this reach."""
    found = rules.as_asked(schedule)
    for name in MOMENTS:
        moment: datetime | None = found[name]
        found[name] = None if moment is None else _local(moment, schedule).isoformat()
    found["payload"] = exactjson.dumps(targets.shown(schedule.target, schedule.payload), indent=2)
    found["retry_on"] = ", ".join(found["retry_on"])
    found["after"] = "\n".join(Schedule.objects.within(reach).names_of(schedule.after_ids))
    found["labels"] = labels_text(found["labels"])
    return found


def _local(moment: datetime, schedule: Schedule) -> datetime:
    return moment.astimezone(schedule.zone).replace(tzinfo=None)


ScheduleForm.declared_fields = ScheduleForm.base_fields = {  # as if they stood in the class; heirs have them, too
    name: _field(name) for name in SCHEDULE_ASKED
}
