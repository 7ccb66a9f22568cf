"""Words of a change of a job, as programs get them: a CloudEvent without anything that may be secret or personal."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from jobs.models.subscription import JobChange

SPACE = UUID("8f6f7b0e-4c5e-4c0b-9d0a-6d4f3a1c2b5e")  # of the ids of events: the same change has the same id


class Change(NamedTuple):
    """Change of a job. `row`: the start, the job or the line of the audit that says it; `was`: its state before."""

    what: JobChange
    at: datetime
    row: int
    job_id: int
    queue: str
    target: str
    team: str
    schedule: str
    attempt: int | None = None
    worker: str = ""
    run_at: datetime | None = None
    started_at: datetime | None = None
    failure: str | None = None
    was: str | None = None

    def as_cloud_event(self, source: str, public_url: str) -> dict[str, Any]:
        """Return it as a CloudEvent 1.0 in its JSON form."""
        data = {
            "job": self.job_id,
            "address": f"{public_url}/jobs/{self.job_id}/" if public_url else "",
            "queue": self.queue,
            "target": self.target,
            "team": self.team or None,
            "schedule": self.schedule or None,
            "attempt": self.attempt,
            "worker": self.worker or None,
            "run_at": _moment(self.run_at),
            "started_at": _moment(self.started_at),
            "failure": self.failure,
            "was": self.was,
        }
        return {
            "specversion": "1.0",
            "id": str(uuid5(SPACE, f"{source} {self.what.value} {self.row}")),
            "source": source,
            "type": f"runat.job.{self.what.value}",
            "subject": str(self.job_id),
            "time": _moment(self.at),
            "datacontenttype": "application/json",
            "data": data,
        }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
