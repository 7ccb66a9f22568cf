"""The form for a new job, for the page and the admin. It reads text; jobs/rules/ judges."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from jobs import rules, targets
from jobs.api import reading
from jobs.models import Calendar
from jobs.models.invariants import MOST_ATTEMPTS
from jobs.models.job import DEFAULT_QUEUE
from jobs.rules.rights import overlap_problems
from jobs.states import Awaited, Blackout, IfLate, Overlap
from jobs.transitions.dependencies import beginning

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

JUDGED = (
    *("name", "target", "payload", "queue", "run_at", "rerunnable", "max_attempts", "retry_on"),
    *("start_within", "if_late", "key", "key_limit", "overlap", "deadline"),
    *("calendar", "blackout", "waits_for", "waits_for_end"),
)
WANTED = ("name", "target", "payload", "queue", "run_at", "time_zone")


class MomentInput(forms.DateTimeInput):
    """The browser's own picker. It wants the T, and keeps what was typed."""

    input_type = "datetime-local"


def _calendars() -> list[tuple[str, str]]:
    return [("", "none"), *((name, name) for name in Calendar.objects.values_list("name", flat=True))]


class JobForm(forms.Form):
    """After `is_valid()`, `new_job` is the job to create. `now` is the database's clock."""

    name = forms.CharField(required=False, help_text="For people; need not be unique.")
    target = forms.CharField()
    payload = forms.CharField(
        required=False,
        initial="{}",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "code"}),
        help_text='The target\'s arguments as a JSON object, such as {"seconds": 0.1}.',
    )
    queue = forms.CharField(initial=DEFAULT_QUEUE, help_text="Which workers may take it.")
    run_at = forms.CharField(
        required=False, label="Run at", widget=MomentInput(attrs={"step": "1"}), help_text="Empty: now, at once."
    )
    time_zone = forms.CharField(
        initial="UTC", help_text="The zone of the time above: UTC or a name like Europe/Berlin."
    )

    rerunnable = forms.BooleanField(
        required=False,
        help_text="Running it twice does no harm: if its worker vanishes after the start, start it again.",
    )
    max_attempts = forms.IntegerField(
        required=False,
        initial=1,
        label="Starts at most",
        error_messages={"invalid": "This is not a whole number; give 1, or 2 to 100 for a rerunnable job."},
        help_text=f"2 to {MOST_ATTEMPTS} for a rerunnable job, the first start included; 1 for all others.",
    )

    retry_on = forms.CharField(
        required=False,
        label="Start again after",
        help_text="Ends of a rerunnable job, with commas: failure (any), unknown (sent, not answered), unsent, "
        "a status such as 503 or 5xx, the name of a Python exception. Empty: none.",
    )

    start_within = forms.IntegerField(
        required=False,
        label="Start within (seconds)",
        error_messages={"invalid": "This is not a whole number of seconds; give one, or nothing."},
        help_text="How late it may start after its time. Empty: however late.",
    )
    if_late = forms.ChoiceField(required=False, label="If it is later", choices=IfLate.choices, initial=IfLate.SKIP)

    key = forms.CharField(required=False, help_text="Jobs of one key do not run together. Empty: none.")
    key_limit = forms.IntegerField(
        required=False,
        initial=1,
        label="Of this key at a time",
        error_messages={"invalid": "This is not a whole number; give 1 to 1000."},
    )
    overlap = forms.ChoiceField(
        required=False, label="If that many run", choices=Overlap.choices, initial=Overlap.QUEUE
    )

    deadline = forms.IntegerField(
        required=False,
        label="Deadline (seconds)",
        error_messages={"invalid": "This is not a whole number of seconds; give one, or nothing."},
        help_text="How long it may take; then it is told to stop, killed where it has its own process, and fails. "
        "Empty: it takes however long.",
    )
    calendar = forms.CharField(required=False, help_text="When it may start. None: at any time.")
    blackout = forms.ChoiceField(
        required=False, label="If that is closed", choices=Blackout.choices, initial=Blackout.NEXT
    )
    waits_for = forms.CharField(
        required=False, help_text="The ids of jobs that must end before it starts, with commas. Empty: none."
    )
    waits_for_end = forms.ChoiceField(
        required=False, label="And starts when", choices=Awaited.choices, initial=Awaited.SUCCESS
    )

    new_job: rules.NewJob
    by: AbstractBaseUser | None = None  # who asks

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        in_a_minute = (now + timedelta(minutes=1)).replace(microsecond=0, tzinfo=None)
        self.fields["run_at"].initial = in_a_minute.isoformat()
        # Not a ChoiceField: as the target. Asked for when it is shown, and once.
        shown = forms.Select(choices=cache(_calendars))  # type: ignore[arg-type] # which may be a callable
        self.fields["calendar"].widget = shown
        known = [targets.find(name) for name in targets.names()]
        # Not a ChoiceField: the rules say what an unknown target is, with a near name.
        self.fields["target"].widget = forms.Select(
            choices=[("", "choose one"), *((t.name, f"{t.name} ({t.usage()})") for t in known)]
        )
        self.fields["target"].help_text = "\n".join(f"{t.name}: {t.summary}" for t in known)

    def what_and_when(self) -> list[forms.BoundField]:
        """The fields that every job wants."""
        return [field for field in self if field.name in WANTED]

    def policies(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in WANTED]

    def has_policies(self) -> bool:
        """Whether any was given, or is wrong: then they are shown."""
        return any(field.errors or field.name in self.changed_data for field in self.policies())

    def clean_payload(self) -> object:
        try:
            return reading.json_value(self.cleaned_data["payload"] or "{}")
        except reading.Unreadable as error:
            raise ValidationError(str(error)) from None

    def clean_max_attempts(self) -> int:
        given: int | None = self.cleaned_data["max_attempts"]
        return 1 if given is None else given

    def clean_if_late(self) -> str:
        return self.cleaned_data["if_late"] or IfLate.SKIP

    def clean_key_limit(self) -> int:
        given: int | None = self.cleaned_data["key_limit"]
        return 1 if given is None else given

    def clean_overlap(self) -> str:
        return self.cleaned_data["overlap"] or Overlap.QUEUE

    def clean_blackout(self) -> str:
        return self.cleaned_data["blackout"] or Blackout.NEXT

    def clean_waits_for(self) -> list[int]:
        try:
            return [reading.whole(word) for word in self.cleaned_data["waits_for"].split(",") if word.strip()]
        except reading.Unreadable as error:
            raise ValidationError(str(error)) from None

    def clean_waits_for_end(self) -> str:
        return self.cleaned_data["waits_for_end"] or Awaited.SUCCESS

    def clean_retry_on(self) -> list[str]:
        return [kind.strip() for kind in self.cleaned_data["retry_on"].split(",") if kind.strip()]

    def clean_run_at(self) -> datetime | None:
        text = self.cleaned_data["run_at"].strip()
        if text in ("", reading.NOW):
            return None
        try:
            return reading.moment(text)
        except reading.Unreadable:
            raise ValidationError("This is not a date and time up to the year 9999; choose one.") from None

    def clean_time_zone(self) -> ZoneInfo:
        try:
            return reading.zone(self.cleaned_data["time_zone"])
        except reading.Unreadable as error:
            raise ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        try:
            run_at = cleaned.get("run_at")
            if run_at is not None and "time_zone" in cleaned and run_at.tzinfo is None:
                cleaned["run_at"] = reading.in_zone(run_at, cleaned["time_zone"])
        except reading.Unreadable as error:
            self.add_error("run_at", str(error))
        self._judge(cleaned)
        return cleaned

    def _judge(self, cleaned: dict[str, Any]) -> None:
        """Of a form that cannot be read as a whole, what can be read is judged all the same: one answer names all."""
        readable = {name: cleaned[name] for name in JUDGED if name in cleaned}
        if "time_zone" in self.errors:
            readable.pop("run_at", None)  # nobody knows which moment is meant
        stand_ins = {"target": "", "payload": {}, "run_at": self._now, "max_attempts": 1}
        try:
            self.new_job = rules.check_new_job(**{**stand_ins, **readable}, now=self._now)
        except ValidationError as error:
            for name, problems in error.error_dict.items():
                if name in readable:
                    self.add_error(name, problems)
        else:
            for problem in beginning.problems(self.new_job.waits_for, self.by):
                self.add_error("waits_for", problem)
            for problem in overlap_problems(self.new_job.overlap, self.by):
                self.add_error("overlap", problem)
