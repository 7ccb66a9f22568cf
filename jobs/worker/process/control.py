"""Commands of Celery's remote control: the one that wakes a worker (jobs/nodes/waking.py), and those of Celery's that
would say of jobs what is not so."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from celery.utils.functional import maybe_list
from celery.worker import control
from celery.worker.control import control_command, inspect_command

from jobs.nodes.stacks import STACKS
from jobs.nodes.waking import LOOK, LOOK_OF_BEFORE
from jobs.publishing.messages import RUN_JOB
from jobs.worker.process import lifecycle

MESSAGE_OF_A_JOB = re.compile(r"job-(\d+)(-v\d+-\d+(-and-\d+-more)?)?")  # see jobs/publishing/messages.py

# Celery's, which ours call for its own tasks.
_active: Callable[..., list[dict[str, Any]]] = control.active  # type: ignore[attr-defined]
_revoke: Callable[..., Any] = control.revoke  # type: ignore[attr-defined]


@control_command(name=LOOK, alias=LOOK_OF_BEFORE)
def look(state: Any, **kwargs: Any) -> dict[str, str]:
    """Read this worker's row, and whether a job of it is to stop, now. This alone changes nothing."""
    lifecycle.beat_now()
    return {"ok": "the heartbeat reads the rows"}


@inspect_command(alias="dump_active")
def active(state: Any, safe: bool = False, **kwargs: Any) -> list[dict[str, Any]]:
    """List the jobs in slots, and Celery's own tasks that run."""
    worker = state.consumer.controller
    ours = worker.jobs.slots.job_ids() if worker.jobs is not None else []
    return _active(state, safe=safe, **kwargs) + [
        {
            "id": f"job-{job_id}",
            "name": RUN_JOB,
            "type": RUN_JOB,
            "args": [job_id],
            "kwargs": {},
            "hostname": state.hostname,
            "acknowledged": True,
            "worker_pid": os.getpid(),
        }
        for job_id in ours
    ]


@inspect_command(name=STACKS)
def stacks(state: Any, jobs: Any = (), **kwargs: Any) -> dict[str, Any]:
    """Tell where the bodies of these jobs are in their code."""
    worker = state.consumer.controller
    ids = [job_id for job_id in maybe_list(jobs) or [] if isinstance(job_id, int)]
    found = worker.jobs.slots.stacks(ids) if worker.jobs is not None else {}
    return {"pool": "processes", "stacks": {}} if found is None else {"pool": "threads", "stacks": found}


@control_command(variadic="task_id", signature="[id1 [id2 [... [idN]]]]")
def revoke(state: Any, task_id: Any, terminate: bool = False, signal: Any = None, **kwargs: Any) -> Any:
    """Revoke Celery's own tasks. Jobs are refused: their rows say whether they run."""
    ids = maybe_list(task_id) or []
    jobs = [found[1] for one in ids if (found := MESSAGE_OF_A_JOB.fullmatch(str(one)))]
    if jobs:
        return {
            "error": f"Nothing was revoked: job {', '.join(jobs)} is cancelled by its row, on its page, with POST "
            f"/api/v1/jobs/{jobs[0]}/cancel/ or by SQL (docs/states.md)."
        }
    return _revoke(state, ids, terminate, signal, **kwargs)


@control_command(args=[("signal", str)], variadic="task_id", signature="<signal> [id1 [id2 [... [idN]]]]")
def terminate(state: Any, signal: str, task_id: Any, **kwargs: Any) -> Any:
    """Terminate Celery's own tasks. Jobs are refused, as by `revoke`."""
    return revoke(state, task_id, terminate=True, signal=signal)
