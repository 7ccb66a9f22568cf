"""The forms of the admin: a new job, another time for one. They read and judge as everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jobs import rules
from jobs.admin.theme import dress
from jobs.clock import clock
from jobs.models import Job
from jobs.web.forms import JobForm


class NewJobForm(JobForm):
    """JobForm as a ModelAdmin calls it. With a `refusal`, it says that and is not valid."""

    refusal = ""

    def __init__(self, *args: Any, instance: Job | None = None, **kwargs: Any) -> None:
        super().__init__(*args, now=clock.current(), **kwargs)
        self.instance = instance or Job()
        dress(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.refusal:
            self.add_error(None, self.refusal)
        return cleaned


class RescheduleForm(JobForm):
    """Form for another time. After `is_valid()`, `new_time` is the time to move to."""

    new_time: datetime

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(rules.ASKED) - {"run_at"}:
            del self.fields[name]
        self.fields["run_at"].required = True
        self.fields["run_at"].help_text = ""
        dress(self)

    def _judge(self, cleaned: dict[str, Any]) -> None:
        if self.errors:
            return
        self.new_time = cleaned["run_at"] or self._now
        for problem in rules.run_at_problems(self.new_time, self._now, needed=True):
            self.add_error("run_at", problem)
