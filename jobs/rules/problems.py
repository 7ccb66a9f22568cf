"""What is wrong with one thing that was given, each a sentence with its remedy; nothing for what is right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from jobs import exactjson, targets
from jobs.conf import conf
from jobs.models.invariants import (
    LATEST_RUN_AT,
    MOST_ATTEMPTS,
    MOST_OF_A_KEY,
    MOST_PAIRS,
    MOST_WAITED_FOR,
    QUEUE_PATTERN,
)

NAME_LIMIT = 200
KEY_LIMIT = 255
MOST_KINDS = 20
MOST_DIGITS = 400  # of a number written out, as PostgreSQL does it: 1e300 has 301
KIND_PATTERN = r"[1-5]xx|[1-5][0-9]{2}|[A-Za-z_][A-Za-z0-9_]{0,99}"  # of ends; see docs/states.md
LONGEST_WITHIN = 366 * 86_400  # seconds
# A time that has passed by no more than this is meant as now: clocks differ, and a request takes its way.
JUST_NOW = timedelta(seconds=5)
REASON_LIMIT = 1000  # of what a person writes; more is refused


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


def retry_problems(rerunnable: bool, retry_on: Sequence[str]) -> list[str]:
    if retry_on and not rerunnable:
        return ["Only a rerunnable job may start again after an end; declare it rerunnable, or leave this empty."]
    if len(retry_on) > MOST_KINDS:
        return [f"These are {len(retry_on)} kinds of ends; {MOST_KINDS} at most: 'failure' is all failures."]
    wrong = [kind for kind in retry_on if not re.fullmatch(KIND_PATTERN, kind)]
    if wrong:
        return [
            f"{wrong[0][:100]!r} is no kind of end; give failure, unknown (sent, not answered), unsent, a status such "
            "as 503 or 5xx, or the name of a Python exception such as TimeoutError."
        ]
    return []


def within_problems(start_within: int | None) -> list[str]:
    if start_within is not None and not 1 <= start_within <= LONGEST_WITHIN:
        return [f"Give 1 to {LONGEST_WITHIN} seconds, or nothing for a job that may start however late."]
    return []


def key_limit_problems(key_limit: int) -> list[str]:
    if not 1 <= key_limit <= MOST_OF_A_KEY:
        return [f"Of one key 1 to {MOST_OF_A_KEY} jobs may run at a time; give a number of these."]
    return []


def waits_problems(ids: Sequence[int]) -> list[str]:
    if len(ids) > MOST_WAITED_FOR:
        return [f"These are {len(ids)} jobs; {MOST_WAITED_FOR} at most: let one job wait for some, and this for it."]
    wrong = [pk for pk in ids if not 0 < pk < 2**63]
    return [f"{str(wrong[0])[:30]} is not the id of a job; ids are whole numbers from 1 on."] if wrong else []


def pairs_problems(pairs: int) -> list[str]:
    """Of all jobs of a request together."""
    if pairs <= MOST_PAIRS:
        return []
    return [
        f"These jobs wait {pairs} times for another, all counted; {MOST_PAIRS} times at most in one request. Send "
        "them in several, or let one job wait for the others, and these for it."
    ]


def choice_problems(given: str, known: Sequence[str]) -> list[str]:
    return [] if given in known else [f"{given[:100]!r} is not known; give {', '.join(known[:-1])} or {known[-1]}."]


def deadline_problems(deadline: int | None) -> list[str]:
    if deadline is not None and not 1 <= deadline <= LONGEST_WITHIN:
        return [f"Give 1 to {LONGEST_WITHIN} seconds, or nothing for a job that may take however long."]
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
    if run_at < now - JUST_NOW:
        return [
            f"This time is in the past (it is {now:%Y-%m-%dT%H:%M:%S}Z now); choose a later one, or name none to "
            "start at once."
        ]
    return []


def not_before(run_at: datetime, now: datetime) -> datetime:
    """The time, or `now` where it has passed."""
    return run_at if run_at.tzinfo is None else max(run_at, now)


def target_problems(target: str) -> list[str]:
    try:
        targets.find(target)
    except targets.UnknownTarget as error:
        return [str(error)]
    return []


def payload_problems(payload: object) -> list[str]:  # noqa: PLR0911 - a sentence each
    if not isinstance(payload, dict):
        return ['The payload must be a JSON object such as {"seconds": 0.1}.']
    try:
        long = any(_digits(number) > MOST_DIGITS for number in exactjson.decimals(payload))
        size = len(exactjson.dumps(payload).encode())
        storable = _storable(payload)
    except RecursionError:
        return ["The payload is nested too deeply; flatten it."]
    except ValueError:
        return ["The payload is not JSON that PostgreSQL can store: no NaN or Infinity, no half surrogate pairs."]
    limit = conf().payload_limit
    if long:
        return [f"The payload holds a number of more than {MOST_DIGITS} digits; write it as text in quotes."]
    if size > limit:
        return [f"The payload has {size} bytes; the limit is {limit}. Store the data elsewhere and pass its address."]
    if not storable:
        return ["The payload holds the character NUL, which PostgreSQL cannot store; remove it."]
    return []


def _digits(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(number.adjusted(), 0) + 1 + (max(-exponent, 0) if isinstance(exponent, int) else 0)


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
