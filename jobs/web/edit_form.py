"""The form for a change of a job that has not started. It has the fields of a new one, without those that stay."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from jobs.models import Job
from jobs.transitions import editing
from jobs.web.forms import JobForm
from jobs.web.typed import typed


class EditForm(JobForm):
    """Form for a change of `job`, its time in this `zone`. After `is_valid()`, `changes` is what to ask for."""

    is_new = False
    changes: dict[str, Any]

    def __init__(self, *args: Any, job: Job, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, initial=typed(job, zone), **kwargs)
        self._job = job
        self.fields["target"].disabled = True
        for name in ("waits_for", "waits_for_end"):
            del self.fields[name]

    def _judge(self, cleaned: dict[str, Any]) -> None:
        readable = {name: cleaned[name] for name in editing.EDITABLE if name in cleaned}
        if "time_zone" in self.errors:
            readable.pop("run_at", None)  # nobody knows which moment is meant
        self.changes = readable
        try:
            editing.judged(self._job, readable, now=self._now, by=self.by)
        except ValidationError as error:
            self.blame(error, readable)
