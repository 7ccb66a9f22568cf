"""Jobs in the words of a failed assertion."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from jobs import exactjson, targets
from jobs.models import Job
from jobs.states import State
from jobs.testing.frozen import shown

MOST_SHOWN = 20


def asked(target: str, arguments: Mapping[str, Any]) -> str:
    """Return what was looked for: `payroll.run with month=11`."""
    pairs = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return f"{target} with {pairs}" if pairs else target


def listed(jobs: Sequence[Job], target: str = "", arguments: Mapping[str, Any] | None = None) -> str:
    """Return these jobs, one a line, and for those of the target in which argument they differ."""
    lines = [f"  {_line(job)}{_other(job, target, arguments or {})}" for job in jobs[:MOST_SHOWN]]
    if len(jobs) > MOST_SHOWN:
        lines.append(f"  and {len(jobs) - MOST_SHOWN} more")
    return "\n".join(lines) or "  none"


def _line(job: Job) -> str:
    payload = exactjson.dumps(targets.shown(job.target, job.payload, sees_secrets=True))
    state = "" if job.state == State.PENDING else f", {State(job.state).label}"
    held = f", held by {job.held_by.words}" if job.holds else ""
    why = f": {job.reason}" if job.reason else ""
    return f"{job.target} {payload} at {shown(job.run_at)}, queue {job.queue}{state}{held}{why}"


def _other(job: Job, target: str, arguments: Mapping[str, Any]) -> str:
    if job.target != target:
        return ""
    payload: Any = job.payload
    others = [name for name, value in arguments.items() if not fits(job, {name: value})]
    wrong = [f"{name} is {payload[name]!r}" if name in payload else f"{name} is left out" for name in others]
    return f"   <- {', '.join(wrong)}" if wrong else ""


def fits(job: Job, arguments: Mapping[str, Any]) -> bool:
    """Return whether the job's payload has these arguments, whatever others it has."""
    payload: Any = job.payload
    return all(name in payload and _same(payload[name], value) for name, value in arguments.items())


def _same(kept: Any, wanted: Any) -> bool:
    try:
        return exactjson.same(kept, exactjson.loads(exactjson.dumps(wanted)))
    except (TypeError, ValueError):
        return bool(kept == wanted)


def near(target: str, jobs: Sequence[Job]) -> str:
    """Return a question after a target whose name is nearly this one, if a job has it."""
    names = {job.target for job in jobs}
    found = [] if target in names else difflib.get_close_matches(target, names, n=1)
    return f" Did you mean '{found[0]}'?" if found else ""
