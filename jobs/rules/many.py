"""Checks many jobs of one request: what most of them have in common is judged once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jobs import blackouts
from jobs.conf import conf
from jobs.rules.checking import check_new_job
from jobs.rules.new_job import ASKED, NewJob
from jobs.rules.problems import IDEMPOTENCY_KEY_LIMIT as KEY_LIMIT
from jobs.rules.problems import text_problems
from jobs.secrets import found

# What differs from one job to the next. Each is judged by itself, a payload with its target; no rule of another field
# looks at them.
OWN = {"payload": dict, "run_at": datetime, "name": str, "labels": dict, "key": str}
RULES = {name: ASKED[name].rule for name in OWN}
DEFAULTS = {name: ASKED[name].default for name in ("name", "key")}
MOST_KNOWN = 1000  # kinds of jobs in one request; more are not kept


class ManyChecks:
    """`check_new_job` for the jobs of one request, with the same answers: a job that is as an earlier one but for its
    own payload, time, name, labels and key costs a third."""

    def __init__(
        self, now: datetime, calendars: blackouts.Calendars | None = None, traceparent: str | None = None
    ) -> None:
        self.now = now
        self._traceparent = traceparent
        self._calendars = calendars or blackouts.Calendars()
        self._known: dict[tuple[Any, ...], NewJob] = {}

    def check(self, asked: Mapping[str, Any], idempotency_key: str | None = None) -> NewJob:
        """Return the job to create. Raises as `check_new_job` does."""
        alike = _alike(asked)
        known = None if alike is None else self._known.get(alike)
        if known is not None and self._is_good(asked) and not text_problems(idempotency_key or "", KEY_LIMIT):
            return self._as(known, asked, idempotency_key)
        beside = {"idempotency_key": idempotency_key, "traceparent": self._traceparent}
        new = check_new_job(**asked, **beside, now=self.now, calendars=self._calendars)
        if alike is not None and len(self._known) < MOST_KNOWN:
            self._known[alike] = new
        return new

    def _is_good(self, asked: Mapping[str, Any]) -> bool:
        for name, kind in OWN.items():
            value = asked.get(name)
            if value is None and name != "payload":
                continue
            rule = RULES[name]
            if not isinstance(value, kind) or rule is None or rule.problems(value, asked, self.now):
                return False
        return True

    def _as(self, known: NewJob, asked: Mapping[str, Any], idempotency_key: str | None) -> NewJob:
        run_at = asked.get("run_at")
        new: NewJob = object.__new__(NewJob)
        new.__dict__.update(
            known.__dict__,
            payload=asked["payload"],
            run_at=self.now if run_at is None else max(run_at, self.now),
            asked_at=run_at,
            name=asked.get("name", DEFAULTS["name"]),
            labels=asked.get("labels", {}),
            key=asked.get("key", DEFAULTS["key"]) or None,
            idempotency_key=idempotency_key,
        )
        return new


def _alike(asked: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Return what such jobs have in common; None for one that stands for itself."""
    if asked.get("calendar") or asked.get("waits_for"):
        return None
    if conf().secrets and next(found(asked.get("payload")), None) is not None:
        return None  # its labels and its queue say whether it may have its secrets
    common = [(name, tuple(value) if isinstance(value, list) else value) for name, value in asked.items()]
    alike = tuple(pair for pair in common if pair[0] not in OWN)
    try:
        hash(alike)
    except TypeError:
        return None
    return alike
