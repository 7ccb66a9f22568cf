"""What a good job is: one set of rules for REST, forms, admin and imports, each with its remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from jobs import targets
from jobs.conf import conf
from jobs.models.job import DEFAULT_QUEUE, LATEST_RUN_AT, MOST_ATTEMPTS, QUEUE_PATTERN

NAME_LIMIT = 200
KEY_LIMIT = 255
REASON_LIMIT = 1000  # of what a person writes; more is refused


@dataclass(frozen=True)
class NewJob:
    """A job that has passed the rules and may be created."""

    target: str
    payload: dict[str, Any]
    run_at: datetime
    name: str = ""
    queue: str = DEFAULT_QUEUE
    idempotency_key: str | None = None
    rerunnable: bool = False
    max_attempts: int = 1


def check_new_job(
    *,
    target: str,
    payload: object,
    run_at: datetime,
    now: datetime,
    name: str = "",
    queue: str = DEFAULT_QUEUE,
    idempotency_key: str | None = None,
    rerunnable: bool = False,
    max_attempts: int = 1,
) -> NewJob:
    """Return the job to create. Raises ValidationError: field -> what is wrong and what to do."""
    errors: dict[str, list[str]] = {}

    def check(field: str, problems: list[str]) -> None:
        if problems:
            errors.setdefault(field, []).extend(problems)

    check("name", text_problems(name, NAME_LIMIT))
    check("idempotency_key", text_problems(idempotency_key or "", KEY_LIMIT))
    check("queue", queue_problems(queue))
    check("run_at", run_at_problems(run_at, now))
    check("max_attempts", attempts_problems(rerunnable, max_attempts))
    check("target", target_problems(target))
    check("payload", payload_problems(payload))
    if "target" not in errors and "payload" not in errors:
        check("payload", argument_problems(target, payload))
    if errors or not isinstance(payload, dict):
        raise ValidationError({field: list(problems) for field, problems in errors.items()})
    return NewJob(
        target=target,
        payload=payload,
        run_at=run_at,
        name=name,
        queue=queue,
        idempotency_key=idempotency_key or None,
        rerunnable=rerunnable,
        max_attempts=max_attempts,
    )


def text_problems(text: str, limit: int) -> list[str]:
    if len(text) > limit:
        return [f"This has {len(text)} characters; shorten it to {limit}."]
    if not _storable(text):
        return ["This holds a character that PostgreSQL cannot store (NUL or half a surrogate pair); remove it."]
    return []


def queue_problems(queue: str) -> list[str]:
    if re.fullmatch(QUEUE_PATTERN, queue):
        return []
    return [
        "A queue's name has 1 to 100 letters, digits, dots, dashes and underscores, begins with a letter or digit, "
        "and not with 'amq.' or 'unacked', which brokers keep for themselves."
    ]


def attempts_problems(rerunnable: bool, max_attempts: int) -> list[str]:
    if rerunnable and not 1 < max_attempts <= MOST_ATTEMPTS:
        return [f"A rerunnable job has 2 to {MOST_ATTEMPTS} starts, the first included; give a number of these."]
    if not rerunnable and max_attempts != 1:
        return ["Only a rerunnable job may have more than 1 start; declare it rerunnable, or leave this at 1."]
    return []


def reason_problems(reason: str, *, needed: bool) -> list[str]:
    """Of what a person gives as the reason of a verb."""
    if needed and not reason.strip():
        return ["Say why: whether this job had any effect is not known, and others will want to know how you know."]
    return text_problems(reason, REASON_LIMIT)


def run_at_problems(run_at: datetime, now: datetime) -> list[str]:
    if run_at.tzinfo is None:
        return ["This time has no zone; write it like 2026-12-31T23:59:00Z or 2026-12-31T23:59:00+01:00."]
    if run_at >= LATEST_RUN_AT:
        return ["This time is beyond the year 9999; choose an earlier one."]
    if run_at < now:
        return [
            f"This time is in the past (it is {now:%Y-%m-%dT%H:%M:%S}Z now); choose a later one, a few seconds "
            "ahead to start at once."
        ]
    return []


def target_problems(target: str) -> list[str]:
    try:
        targets.find(target)
    except targets.UnknownTarget as error:
        return [str(error)]
    return []


def payload_problems(payload: object) -> list[str]:
    if not isinstance(payload, dict):
        return ['The payload must be a JSON object such as {"seconds": 0.1}.']
    try:
        size = len(json.dumps(payload, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode())
        storable = _storable(payload)
    except RecursionError:
        return ["The payload is nested too deeply; flatten it."]
    except ValueError:
        return ["The payload is not JSON that PostgreSQL can store: no NaN or Infinity, no half surrogate pairs."]
    limit = conf().payload_limit
    if size > limit:
        return [f"The payload has {size} bytes; the limit is {limit}. Store the data elsewhere and pass its address."]
    if not storable:
        return ["The payload holds the character NUL, which PostgreSQL cannot store; remove it."]
    return []


def argument_problems(target: str, payload: object) -> list[str]:
    try:
        targets.find(target).check(payload)
    except targets.InvalidArguments as error:
        return error.problems
    return []


def why_not_startable(target: str, payload: object) -> str | None:
    """Why a row can't be started, or None: rows written by SQL have passed no rule before."""
    problems = target_problems(target) or argument_problems(target, payload)
    return " ".join(problems) or None


def _storable(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and not re.search("[\ud800-\udfff]", value)
    if isinstance(value, Mapping):
        return all(_storable(k) and _storable(v) for k, v in value.items())
    if isinstance(value, list):
        return all(_storable(v) for v in value)
    return True
