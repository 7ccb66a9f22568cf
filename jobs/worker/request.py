"""Arms a job ahead: the local timer of a message fires before its eta, the message itself keeps `eta = run_at`."""

from __future__ import annotations

from datetime import datetime, timedelta

from celery.worker.request import Request

from jobs.clock import clock
from jobs.conf import conf


class JobRequest(Request):
    """Celery asks a request for its eta once, to set its timer: this one answers with the moment to arm."""

    @property
    def eta(self) -> datetime | None:
        due: datetime | None = self._eta  # type: ignore[attr-defined]
        if due is None:
            return None
        return clock.local(due) - timedelta(seconds=conf().arm_lead)
