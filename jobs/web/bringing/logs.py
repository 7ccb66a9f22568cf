"""Logs of other schedulers: what they say has started, and when. Cron's lines in a syslog, the journal of systemd as
JSON, and what Celery's beat writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jobs.recurrence.imports import Entry

ISO = re.compile(r"\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?) ?(Z|[+-]\d\d:?\d\d)?(?=[\s:\]]|$)")
TRADITIONAL = re.compile(r"([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d)\s")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CRON = re.compile(r"\bcron[d]?\[\d+\]: (.*)", re.IGNORECASE)
COMMAND = re.compile(r"\([^)]*\) CMD \((?:\[\d+\] )?(.*)\)\s*")
SENT = re.compile(r"Scheduler: Sending due task (.+) \([^()\s]+\)\s*$")
# Systemd's own: a unit is starting; it has started, which a unit of one shot says when it has ended.
STARTING, STARTED = "7d4958e842da4a758f6c1cdc7b36dcc5", "39f53479d3a045ac8e11786248231fbf"
YEARS_BACK = 8  # to the last 29 February
NEVER, ALWAYS = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
AHEAD = timedelta(days=1)  # by which a machine's clock may be before ours


class NoLog(ValueError):
    """Text without a line that has a time."""


@dataclass
class Log:
    """Starts by what has started, as `key_of` and `key_of_name` write it, with the moments of the first and the last
    line."""

    starts: dict[str, list[datetime]] = field(default_factory=dict)
    first: datetime = NEVER
    last: datetime = ALWAYS


def read(lines: Iterable[str], *, zone: ZoneInfo, now: datetime) -> Log:
    """Read a log. `zone`: that of the machine, for times that say none; years that are not said are the latest that do
    not lie ahead. Raises NoLog."""
    log = Log()
    units: set[tuple[str, str]] = set()
    before = None
    for line in lines:
        entry = _journal(line) if line.startswith("{") else None
        moment = _at(entry) if entry else _moment(line, zone, now, before)
        if moment is None:
            continue
        keys = list(_of_journal(entry, units) if entry else _of_line(line))
        if not entry and any(moment in log.starts.get(key, ())[-1:] for key in keys):
            # The same again at the same wall time, as of each hour at its minute 17: the clocks have gone back.
            moment = _moment(line, zone, now, moment + timedelta(hours=1)) or moment
        before = moment
        log.first, log.last = min(log.first, moment), max(log.last, moment)
        for key in keys:
            log.starts.setdefault(key, []).append(moment)
    if before is None:
        raise NoLog(
            "No line of this log has a time; give cron's syslog, journalctl -o json, or the log of Celery's beat."
        )
    return log


def key_of(entry: Entry) -> str:
    """Return by what the log of an entry's source knows it: its command, or its unit."""
    started = re.fullmatch(r"systemctl start (\S+)", entry.command)
    return f"unit {started[1]}" if started else _command(entry.command)


def key_of_name(name: str) -> str:
    """Return by what Celery's beat knows an entry."""
    return f"entry {name}"


def _command(text: str) -> str:
    # A tab in a message is #011 in a syslog.
    return f"command {' '.join(text.replace('#011', ' ').split())}"


def _of_line(line: str) -> Iterator[str]:
    if cron := CRON.search(line):
        yield from _of_cron(cron[1])
    elif sent := SENT.search(line):
        yield key_of_name(sent[1])


def _of_cron(message: str) -> Iterator[str]:
    if command := COMMAND.fullmatch(message):
        yield _command(command[1])


def _journal(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _at(entry: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(entry["__REALTIME_TIMESTAMP"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _of_journal(entry: dict[str, Any], units: set[tuple[str, str]]) -> Iterator[str]:
    message = entry.get("MESSAGE")
    if not isinstance(message, str):
        return
    if str(entry.get("SYSLOG_IDENTIFIER", "")).lower() in ("cron", "crond"):
        yield from _of_cron(message)
    elif entry.get("MESSAGE_ID") in (STARTING, STARTED) and (
        unit := str(entry.get("UNIT") or entry.get("USER_UNIT") or "")
    ):
        marks = ("INVOCATION_ID", "USER_INVOCATION_ID", "JOB_ID", "__REALTIME_TIMESTAMP")
        start = unit, next(str(entry[name]) for name in marks if entry.get(name))
        if start not in units:
            units.add(start)
            yield f"unit {unit}"
    else:
        yield from _of_line(message)


def _moment(line: str, zone: ZoneInfo, now: datetime, before: datetime | None) -> datetime | None:
    """Return when a line was written; None where it does not say."""
    try:
        if iso := ISO.match(line):
            wall = datetime.fromisoformat(iso[1].replace(",", "."))
            if iso[2]:
                return wall.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00:00{iso[2]}").tzinfo)
            return _in_zone(wall, zone, before)
        if match := TRADITIONAL.match(line):
            return _latest(match, zone, now, before)
    except ValueError:
        pass
    return None


def _latest(stamp: re.Match[str], zone: ZoneInfo, now: datetime, before: datetime | None) -> datetime | None:
    month, day = MONTHS.index(stamp[1]) + 1, int(stamp[2])
    for year in range(now.year + 1, now.year - YEARS_BACK, -1):
        try:
            moment = _in_zone(datetime.fromisoformat(f"{year}-{month:02}-{day:02}T{stamp[3]}"), zone, before)
        except ValueError:  # no such day in that year
            continue
        if moment <= now + AHEAD:
            return moment
    return None


def _in_zone(wall: datetime, zone: ZoneInfo, before: datetime | None) -> datetime:
    """Return the instant of a wall time: of two that it may be the first that does not lie before the line above."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return second if before is not None and first < before - timedelta(minutes=1) and first < second else first
