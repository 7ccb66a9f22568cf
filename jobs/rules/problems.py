"""Problems with one thing that was given, each a sentence with its remedy; none for what is right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from jobs import exactjson, secrets, targets
from jobs.conf import conf
from jobs.models.constraints import LATEST_RUN_AT, LONGEST_QUEUE, MOST_PAIRS, OF_BROKERS, QUEUE_PATTERN
from jobs.rights import target_rules
from jobs.rights.secret_teams import team_problems
from jobs.targets.secrecy import lending

NAME_LIMIT = 200
IDEMPOTENCY_KEY_LIMIT = 255
TOO_LONG = "This has %(show_value)d characters; shorten it to %(limit_value)d."  # as Django's forms fill it, too
MOST_DIGITS = 400  # of a number written out, as PostgreSQL does it: 1e300 has 301
# A time that has passed by no more than this is meant as now: clocks differ, and a request takes its way.
JUST_NOW = timedelta(seconds=5)
MOST_LABELS = 16  # of one job or schedule
LABEL_KEY_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}"
LONGEST_LABEL = 100  # characters of a label's value
REASON_LIMIT = 1000  # of what a person writes; more is refused


def text_problems(text: str, limit: int) -> list[str]:
    if len(text) > limit:
        return [TOO_LONG % {"show_value": len(text), "limit_value": limit}]
    if not _storable(text):
        return ["This holds a character that PostgreSQL cannot store (NUL or half a surrogate pair); remove it."]
    return []


def queue_problems(queue: str) -> list[str]:
    if re.fullmatch(QUEUE_PATTERN, queue) and len(queue) <= LONGEST_QUEUE and not queue.startswith(OF_BROKERS):
        return []
    return [
        f"A queue's name has 1 to {LONGEST_QUEUE} letters, digits, dots, dashes and underscores, begins with a letter "
        "or digit, and not with 'amq.' or 'unacked', which brokers keep for themselves."
    ]


def labels_problems(labels: object) -> list[str]:
    """Return what is wrong with labels, a sentence for each that is wrong."""
    if not isinstance(labels, Mapping):
        return ['The labels must be a JSON object of texts such as {"team": "payroll"}.']
    if len(labels) > MOST_LABELS:
        return [f"These are {len(labels)} labels; {MOST_LABELS} at most: leave out those that nobody looks for."]
    found = [_label_problem(key, value) for key, value in labels.items()]
    return [problem for problem in found if problem]


def is_label_key(text: object) -> bool:
    """Return whether a label can have this key."""
    return isinstance(text, str) and re.fullmatch(LABEL_KEY_PATTERN, text) is not None


def _label_problem(key: object, value: object) -> str:
    if not is_label_key(key):
        return (
            f"{str(key)[:100]!r} is no key of a label; one has 1 to 63 letters, digits, dots, dashes, underscores and "
            "slashes, and begins with a letter or digit."
        )
    if not isinstance(value, str):
        return f"The value of '{key}' must be text in quotes, such as \"payroll\"."
    if len(value) > LONGEST_LABEL:
        return f"The value of '{key}' has {len(value)} characters; shorten it to {LONGEST_LABEL}."
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        return f"The value of '{key}' holds a control character, such as a line break; remove it."
    return ""


def pairs_problems(pairs: int) -> list[str]:
    """Return what is wrong with `pairs`, the number of dependencies of all jobs of a request together."""
    if pairs <= MOST_PAIRS:
        return []
    return [
        f"These jobs wait {pairs} times for another, all counted; {MOST_PAIRS} times at most in one request. Send "
        "them in several, or let one job wait for the others, and these for it."
    ]


def reason_problems(reason: str, *, needed: bool) -> list[str]:
    """Return what is wrong with the reason that a person gives for a verb."""
    if needed and not reason.strip():
        return ["Say why: whether this job had any effect is not known, and others will want to know how you know."]
    return text_problems(reason, REASON_LIMIT)


def run_at_problems(run_at: datetime, now: datetime, *, needed: bool = False) -> list[str]:
    """Return what is wrong with a time, in sentences. `needed`: none does not mean now, so nobody is told to name
    none."""
    if run_at.tzinfo is None:
        return ["This time has no zone; write it like 2026-12-31T23:59:00Z or 2026-12-31T23:59:00+01:00."]
    if run_at >= LATEST_RUN_AT:
        return ["This time is beyond the year 9999; choose an earlier one."]
    if run_at < now - JUST_NOW:
        instead = "." if needed else ", or name none to start at once."
        return [f"This time is in the past (it is {now:%Y-%m-%dT%H:%M:%S}Z now); choose a later one{instead}"]
    return []


def not_before(run_at: datetime, now: datetime) -> datetime:
    """The time, or `now` where it has passed."""
    return run_at if run_at.tzinfo is None else max(run_at, now)


def target_problems(target: str) -> list[str]:
    if unknown := _unknown(target):
        return [unknown]
    off = target_rules.why_switched_off(target)
    return [off] if off else []


def _unknown(target: str) -> str:
    try:
        targets.find(target)
    except targets.UnknownTarget as error:
        return str(error)
    return ""


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
    return _argument_problems(target, secrets.marked(payload))


def _argument_problems(target: str, payload: object) -> list[str]:
    try:
        targets.find(target).check(payload)
    except targets.InvalidArguments as error:
        return error.problems
    return []


def why_not_startable(target: str, payload: object) -> str | None:
    """Return why a row can't be started, or None: rows written by SQL have passed no rule before."""
    return _unknown(target) or " ".join(_argument_problems(target, payload)) or None


def why_not_lent(payload: secrets.Referring, labels: object, queue: str) -> str:
    """Return why this worker cannot give a row the secrets that it refers to; empty where it can."""
    return " ".join(team_problems(payload, labels, queue)) or lending.why_unreadable(payload)


def _storable(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and not re.search("[\ud800-\udfff]", value)
    if isinstance(value, Mapping):
        return all(_storable(k) and _storable(v) for k, v in value.items())
    if isinstance(value, list):
        return all(_storable(v) for v in value)
    return True
