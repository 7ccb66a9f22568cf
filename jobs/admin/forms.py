"""The form of the admin for another time of a job. It reads and judges as everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jobs import rules
from jobs.admin.theme import dress
from jobs.web.forms import JobForm


class RescheduleForm(JobForm):
    """Form for another time. After `is_valid()`, `new_time` is the time to move to."""

    new_time: datetime

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(rules.ASKED) - {"run_at"}:
            del self.fields[name]
        self.fields["run_at"].required = True
        self.fields["run_at"].help_text = "in 10 minutes, in 2 h, tomorrow 09:00, 2026-12-24 18:00."
        dress(self)

    def _judge(self, cleaned: dict[str, Any]) -> None:
        if self.errors:
            return
        self.new_time = cleaned["run_at"] or self._now
        for problem in rules.run_at_problems(self.new_time, self._now, needed=True):
            self.add_error("run_at", problem)
