"""Operations on jobs as people choose and read them: the actions by name, the form for what each needs, and the words
for what one does."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from jobs.models import Operation, Verb
from jobs.rules.finding import THESE, address_of
from jobs.rules.problems import REASON_LIMIT
from jobs.transitions.operations import AskedOfMany
from jobs.transitions.operations.trying import needed, of_first
from jobs.web import parsing, whens

OVER_WHAT = "Write how long the window is, such as 30 min or 2 hours."
BY_HOW_MUCH = "Write how far they move, such as 2 hours or 1 day; earlier with a minus: -30 min."


@dataclass(frozen=True)
class Action:
    """Something that can be done to many jobs. `doing` says what an operation does, `done` what became of its jobs,
    `undone` what became of those of its undo."""

    verb: Verb
    label: str
    done: str
    meaning: str
    undone: str = ""
    named: str = ""

    @property
    def name(self) -> str:
        """Name of the action in addresses and forms."""
        if self.named:
            return self.named
        return self.verb.replace("_", "-") if self.verb != Verb.EDIT else "move"


SPREAD = Action(
    Verb.RESCHEDULE,
    "Spread",
    "spread",
    "They start one after the other, evenly over a window, in the order of their times, and none before its own.",
    "back at their times",
    "spread",
)
ACTIONS = (
    Action(
        Verb.CANCEL,
        "Cancel",
        "cancelled",
        "Those that are pending do not start. Those that run are asked to stop, and go on until they heed that.",
        "not cancelled after all",
    ),
    Action(Verb.RESCHEDULE, "Reschedule", "rescheduled", "They start at another time.", "back at their times"),
    SPREAD,
    Action(Verb.RUN_NOW, "Run now", "told to start now", "They start at once.", "back at their times"),
    Action(Verb.EDIT, "Move to another queue", "moved", "Other workers take them.", "back in their queues"),
    Action(
        Verb.RETRY,
        "Retry",
        "told to start again",
        "They start again: at once, or at their time where that is still to come.",
        "cancelled before they started",
    ),
    Action(Verb.CONFIRM_DONE, "Confirm done", "confirmed as done", "They have done their work. No undo."),
    Action(
        Verb.CONFIRM_FAILED,
        "Confirm failed",
        "confirmed as failed",
        "They have not done their work, and nothing is started. No undo.",
    ),
)
BY_NAME: Mapping[str, Action] = {action.name: action for action in ACTIONS}
BY_VERB: Mapping[str, Action] = {action.verb: action for action in ACTIONS if action is not SPREAD}


def action_of(operation: Operation) -> Action:
    """Return what an operation does; of an undo what it takes back."""
    row = operation.undoes or operation
    return SPREAD if "over_seconds" in row.arguments else BY_VERB[str(row.verb)]


def title(operation: Operation) -> str:
    """Say in a line what an operation does."""
    if operation.undoes is not None:
        return f"Undo of operation {operation.undoes_id}: {action_of(operation).label.lower()}"
    asked, label = AskedOfMany.said(operation), action_of(operation).label
    if asked.over_seconds is not None and asked.run_at is not None:
        begin = f"{asked.run_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return f"{label} over {_length(asked.over_seconds)} from {begin} on"
    if asked.run_at is not None:
        return f"{label} to {asked.run_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if asked.by_seconds is not None:
        return f"{label} by {_length(abs(asked.by_seconds))}, {'later' if asked.by_seconds > 0 else 'earlier'}"
    if operation.first is not None:
        return f"{label}, {operation.first} first"
    return label if asked.queue is None else f"Move to the queue {asked.queue}"


def _length(seconds: int) -> str:
    """Return a length of time without its parts that are none: 1 h 30 min."""
    minutes, left = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def became(operation: Operation) -> str:
    """Say what became of the jobs that it has changed."""
    action = action_of(operation)
    return action.done if operation.undoes_id is None else action.undone


def key_of(sent: Mapping[str, Any]) -> str:
    """Return what a form sends along so that it begins one operation however often it is sent; a new one where there is
    none that could be from us."""
    try:
        return str(uuid.UUID(str(sent.get("key"))))
    except ValueError:
        return str(uuid.uuid4())


def follows(operation: Operation) -> str:
    """Say of one that tries some jobs first how it goes on; empty for all others. One statement while it waits."""
    if operation.first is None:
        return ""
    rate = f"The others follow, {operation.per_minute:,} a minute"
    if operation.went_on_at is not None or operation.ended_at is not None:
        return f"{rate}, once {needed(operation)} of them have succeeded."
    tried = of_first(operation)
    well, wrong = sum(one.succeeded for one in tried), sum(one.did_not for one in tried)
    left = operation.first - well - wrong
    return f"{rate}, when {needed(operation)} of them have succeeded: {well} have, {wrong} did not, {left} are to end."


def which(row: Mapping[str, Any]) -> str:
    """Say which jobs these are: chosen ones, those of a filter, or all."""
    if THESE in row:
        chosen = len(row[THESE])
        return f"{chosen} chosen job{'s' if chosen != 1 else ''}"
    if "failure" in row and "target" in row:
        return f"{row['target']}: {row['failure']}"
    return address_of(row) or "all jobs"


class ManyForm(forms.Form):
    """Form for what an action needs, and why it is done. After `is_valid()`, `asked` is it."""

    asked: AskedOfMany
    run_at = forms.CharField(
        required=False, label="New time", max_length=100, help_text="Such as tomorrow 09:00 or in 2 hours; UTC."
    )
    by = forms.CharField(
        required=False,
        label="Or move each by",
        max_length=100,
        help_text="Such as 2 hours or 1 day; earlier with a minus: -30 min.",
    )
    over = forms.CharField(label="Over", max_length=100, help_text="Such as 30 min or 2 hours.")
    queue = forms.CharField(label="Queue", max_length=100, help_text="To which they move.")
    reason = forms.CharField(
        label="Reason", max_length=REASON_LIMIT, help_text="For those whose jobs these are. It is kept with your name."
    )

    def __init__(
        self,
        *args: Any,
        action: Action,
        wanted: Mapping[str, Any],
        now: datetime,
        begins: bool = True,
        **kwargs: Any,
    ) -> None:
        """Make the form. Without `begins` it is only looked at what would become of them: that needs no reason."""
        super().__init__(*args, **kwargs)
        self._action, self._wanted, self._now = action, wanted, now
        self.fields["reason"].required = begins
        if action.verb != Verb.RESCHEDULE:
            del self.fields["run_at"], self.fields["by"]
        if action is SPREAD:
            del self.fields["by"]
            self.fields["run_at"].label = "From"
            self.fields["run_at"].help_text = "Such as tomorrow 09:00; UTC. Empty: from the time of the first on."
            self.order_fields(["over", "run_at"])
        else:
            del self.fields["over"]
        if action.verb != Verb.EDIT:
            del self.fields["queue"]

    def clean_run_at(self) -> datetime | None:
        text = self.cleaned_data["run_at"].strip()
        if not text:
            return None
        try:
            return whens.moment(text, now=self._now, zone=ZoneInfo("UTC")) or self._now
        except parsing.Unreadable as error:
            raise ValidationError(str(error)) from None

    def clean_by(self) -> int | None:
        text = self.cleaned_data["by"].strip()
        if not text:
            return None
        seconds = self._seconds(text.lstrip("+-").strip(), BY_HOW_MUCH)
        return -seconds if text.startswith("-") else seconds

    def clean_over(self) -> int:
        return self._seconds(self.cleaned_data["over"].strip(), OVER_WHAT)

    def _seconds(self, length: str, otherwise: str) -> int:
        if not whens.SPAN.fullmatch(f"in {length}"):
            raise ValidationError(otherwise)
        try:
            moved = whens.moment(f"in {length}", now=self._now, zone=ZoneInfo("UTC")) or self._now
        except parsing.Unreadable:
            raise ValidationError(otherwise) from None
        return int((moved - self._now) / timedelta(seconds=1))

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not self.errors:
            self.asked = AskedOfMany(
                self._action.verb,
                self._wanted,
                run_at=given.get("run_at"),
                by_seconds=given.get("by"),
                over_seconds=given.get("over"),
                queue=given.get("queue"),
            )
            for name, said in self.asked.problems(self._now).items():
                self.add_error({"by_seconds": "by", "over_seconds": "over"}.get(name, name), said)
        return given
