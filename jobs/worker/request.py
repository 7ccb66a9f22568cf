"""Arms a job ahead: the local timer of a message fires before its eta, the message itself keeps `eta = run_at`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.worker.request import Request

from jobs.clock import clock
from jobs.conf import conf
from jobs.worker import lifecycle


class JobRequest(Request):
    """Celery asks a request for its eta once, to set its timer: this one answers with the moment to arm."""

    @property
    def eta(self) -> datetime | None:
        due: datetime | None = self._eta  # type: ignore[attr-defined]
        if due is None:
            return None
        return clock.local(due) - timedelta(seconds=conf().arm_lead)

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
        """Celery tells of a pool child that died here: nobody else will record the end of its job."""
        error = getattr(exc_info.exception, "exc", exc_info.exception)
        if isinstance(error, WorkerLostError | TimeLimitExceeded | SystemExit):
            lifecycle.child_lost(self.args[0], f"{type(error).__name__}: {error}")
        return super().on_failure(exc_info, *args, **kwargs)
