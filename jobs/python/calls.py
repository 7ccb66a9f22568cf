"""Calls of targets that are put off: `run_payroll.schedule(month=11, run_at=...)`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from jobs import rules, targets
from jobs.python.fields import Asked
from jobs.python.handle import JobHandle
from jobs.python.scheduling import schedule

FIELDS = {*rules.ASKED, *Asked.__annotations__} - {"target", "payload"}


def schedule_call(name: str, args: Sequence[Any], given: Mapping[str, Any]) -> JobHandle:
    """Create a job of this target, of what its function would be called with and fields of a job beside that. A name
    that both have is the function's. Raises TypeError for too many arguments, and what `schedule` raises."""
    target = targets.find(name)
    named = [one for one in inspect.signature(target.call).parameters if one != target.context]
    if len(args) > len(named):
        raise TypeError(f"{name} takes {target.usage()}; {len(args)} arguments were given.")
    fields = {one: value for one, value in given.items() if one in FIELDS and one not in target.argument_names}
    payload = {**dict(zip(named, args, strict=False)), **{n: v for n, v in given.items() if n not in fields}}
    return schedule(name, payload, **fields)
