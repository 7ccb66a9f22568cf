"""Times in a filter's text: `today`, `2026-11`, `>-24h`, `<2026-11-30T12:00Z`. UTC, where no zone is named."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from jobs.web import parsing
from jobs.web.parsing import Unreadable

DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)
FOLLOWING = {"yesterday": "today", "today": "tomorrow", "tomorrow": "today+2d"}  # the day after each
EXAMPLES = "today, 2026-11, 2026-11-30, >-24h, >=2026-11-01 or <2026-11-30T12:00Z"


def bounds(word: str, value: str) -> tuple[str, str]:
    """Return from when on, and before when, as an address has them; empty where there is no end. Raises Unreadable."""
    sign = next(sign for sign in (">=", "<=", ">", "<", "") if value.startswith(sign))
    rest = value[len(sign) :]
    first, dots, last = rest.partition("..")
    if dots and not sign and (first or last):
        return _ends(first)[0] if first else "", _ends(last)[1] if last else ""
    begin, end = _ends(rest)
    if begin != end:  # a day, or a month
        return {"": (begin, end), ">": (end, ""), ">=": (begin, ""), "<": ("", begin), "<=": ("", end)}[sign]
    if sign == "":
        raise Unreadable(f"'{rest[:40]}' is one moment; write {word}:>{rest[:40]} for what comes from then on.")
    if sign == "<=":
        raise Unreadable(f"Write {word}:<{rest[:40]} for what comes before this moment.")
    return (begin, "") if ">" in sign else ("", begin)


def spelled(word: str, since: str, before: str) -> list[str]:
    """Return the terms that say these ends of an address: one where they are those of a day or a month. Raises
    Unreadable."""
    since, before = _end(since), _end(before)
    if since and before:
        for text in (since, since[:7], since[:10]):
            known = text in FOLLOWING or MONTH.fullmatch(text) or DATE.fullmatch(text)
            if known and _ends(text) == (since, before):
                return [f"{word}:{text}"]
    return [f"{word}:{sign}{end}" for sign, end in ((">=", since), ("<", before)) if end]


def _ends(text: str) -> tuple[str, str]:
    """Return where this begins, and where what comes after it begins: the same, of a moment."""
    low = text.lower()
    if low in FOLLOWING:
        return low, FOLLOWING[low]
    try:
        if MONTH.fullmatch(text):
            begin = parsing.moment(f"{text}-01")
            return _said(begin), _said((begin + timedelta(days=31)).replace(day=1))
        if DATE.fullmatch(text):
            begin = parsing.moment(text)
            return _said(begin), _said(begin + timedelta(days=1))
        return _end(text), _end(text)
    except (Unreadable, OverflowError):
        raise Unreadable(f"'{text[:40]}' is no time; write {EXAMPLES}.") from None


def _end(text: str) -> str:
    """Return an end of a stretch of time in its one form."""
    low = text.strip().lower()
    return low if not low or parsing.is_relative(low) else _said(parsing.moment(text))


def _said(moment: datetime) -> str:
    whole = "auto" if moment.second or moment.microsecond else "minutes"
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return zoned.isoformat(timespec=whole).replace("+00:00", "Z")
