"""Parts of an RRULE (RFC 5545, 3.3.10), read and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache

from jobs.recurrence.rule import BadExpression

FREQUENCIES = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
BELOW_DAILY = FREQUENCIES[:3]
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_COUNTED = 10_000
LONGEST_INTERVAL = 10**9
# Bounds of the numbers of a part, and whether they may count from the end.
NUMBERS = {
    "BYSETPOS": (1, 366, True),
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 59, False),
}
KNOWN = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *NUMBERS)
NOT_WITH = {
    "BYWEEKNO": tuple(name for name in FREQUENCIES if name != "YEARLY"),
    "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYMONTHDAY": ("WEEKLY",),
}


@dataclass(frozen=True)
class Parts:
    """RRULE as data. An empty tuple: the part is not there."""

    freq: str
    interval: int = 1
    count: int | None = None
    #: A wall time where it is naive; otherwise an instant.
    until: datetime | None = None
    #: 0 is Monday.
    week_start: int = 0
    #: Pairs of a number in the month or year (0: each) and a day of the week.
    by_day: tuple[tuple[int, int], ...] = ()
    by_set_pos: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()


@lru_cache(maxsize=1024)
def parts_of(line: str) -> Parts:
    """Return the parts of a line without its `RRULE:`; raises BadExpression."""
    given: dict[str, str] = {}
    for part in line.strip().strip(";").upper().split(";"):
        name, equals, value = part.strip().partition("=")
        if not equals or not value:
            raise BadExpression(f"“{part}” is no part of a rule; write parts like FREQ=WEEKLY;BYDAY=MO,FR.")
        if name not in KNOWN:
            raise BadExpression(f"{name} is not known; write one of {', '.join(KNOWN)}.", name)
        if name in given:
            raise BadExpression(f"{name} stands twice; write it once, with commas.", name)
        given[name] = value
    freq = given.get("FREQ", "")
    if freq not in FREQUENCIES:
        raise BadExpression(f"A rule needs its FREQ; write FREQ= and one of {', '.join(FREQUENCIES)}.", "FREQ")
    if "COUNT" in given and "UNTIL" in given:
        raise BadExpression("COUNT and UNTIL exclude each other; write one of them.", "COUNT")
    _check_together(freq, given)
    numbers = {name: _numbers(name, given[name]) if name in given else () for name in NUMBERS}
    return Parts(
        freq=freq,
        interval=_number("INTERVAL", given.get("INTERVAL", "1"), LONGEST_INTERVAL),
        count=_number("COUNT", given["COUNT"], MOST_COUNTED) if "COUNT" in given else None,
        until=moment_of("UNTIL", given["UNTIL"], end_of_day=True) if "UNTIL" in given else None,
        week_start=_weekday("WKST", given.get("WKST", "MO")),
        by_day=_days(freq, given["BYDAY"], with_week_no="BYWEEKNO" in given) if "BYDAY" in given else (),
        by_set_pos=numbers["BYSETPOS"],
        by_month=numbers["BYMONTH"],
        by_month_day=numbers["BYMONTHDAY"],
        by_year_day=numbers["BYYEARDAY"],
        by_week_no=numbers["BYWEEKNO"],
        by_hour=numbers["BYHOUR"],
        by_minute=numbers["BYMINUTE"],
        by_second=numbers["BYSECOND"],
    )


def moment_of(name: str, text: str, *, end_of_day: bool = False) -> datetime:
    """Return a moment of RFC 5545: a wall time, or with Z an instant. A date alone is its midnight, or its end."""
    match = re.fullmatch(r"([0-9]{8})(?:T([0-9]{6})(Z?))?", text)
    try:
        if match is None:
            raise ValueError
        day = datetime.strptime(match[1], "%Y%m%d")  # noqa: DTZ007
        if match[2] is None:
            return datetime.combine(day, time(23, 59, 59)) if end_of_day else day
        moment = datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        raise BadExpression(f"“{text}” is no moment of {name}; write it like 20261231T235900.", name) from None
    return moment.replace(tzinfo=UTC) if match[3] else moment


def _check_together(freq: str, given: dict[str, str]) -> None:
    for name, frequencies in NOT_WITH.items():
        if name in given and freq in frequencies:
            raise BadExpression(
                f"{name} does not go with FREQ={freq} (RFC 5545); write FREQ=YEARLY, or leave {name} out.", name
            )
    if "BYSETPOS" in given and not any(name.startswith("BY") and name != "BYSETPOS" for name in given):
        raise BadExpression("BYSETPOS chooses among what another part names; write one such as BYDAY too.", "BYSETPOS")


def _number(name: str, text: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text) or not 1 <= int(text) <= most:
        remedy = " For more, write UNTIL." if name == "COUNT" else ""
        raise BadExpression(f"{name}={text} will not do; write a number from 1 to {most}.{remedy}", name)
    return int(text)


def _numbers(name: str, text: str) -> tuple[int, ...]:
    low, high, from_end = NUMBERS[name]
    found = set()
    for item in text.split(","):
        number = int(item) if re.fullmatch(r"[+-]?[0-9]{1,3}", item) else None
        if number is None or not (low <= number <= high or (from_end and low <= -number <= high)):
            or_from_end = f", or from -{high} to -{low} to count from the end" if from_end else ""
            raise BadExpression(f"{name} has no {item or 'empty item'}; write {low} to {high}{or_from_end}.", name)
        found.add(number)
    return tuple(sorted(found))


def _weekday(name: str, text: str) -> int:
    if text not in WEEKDAYS:
        raise BadExpression(f"{name} has no day “{text}”; write one of {', '.join(WEEKDAYS)}.", name)
    return WEEKDAYS.index(text)


def _days(freq: str, text: str, *, with_week_no: bool) -> tuple[tuple[int, int], ...]:
    found = set()
    for item in text.split(","):
        match = re.fullmatch(r"([+-]?[0-9]{1,2})?([A-Z]{2})", item)
        number = int(match[1]) if match and match[1] else 0
        if match is None or abs(number) > 53 or (match[1] and not number):
            raise BadExpression(f"BYDAY has no “{item}”; write days like MO or, in a month, 2FR and -1FR.", "BYDAY")
        if number and (freq not in ("MONTHLY", "YEARLY") or with_week_no):
            raise BadExpression(
                f"BYDAY={item} counts days of a month or year; write FREQ=MONTHLY or YEARLY without BYWEEKNO, or "
                f"{match[2]}.",
                "BYDAY",
            )
        found.add((number, _weekday("BYDAY", match[2])))
    return tuple(sorted(found))
