"""RRULE of RFC 5545, with EXDATE, RDATE and DTSTART: a line each."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from jobs.recurrence.rrule_parts import BELOW_DAILY, moment_of, parts_of
from jobs.recurrence.rule import BadExpression, Recurrence, Rule
from jobs.recurrence.times import after

MOST_DATES = 1000  # of EXDATE and RDATE each
MOST_RULES = 20
# A leap year whose first is a Monday: where a rule does not start from then on, it never does.
WITHOUT_BEGIN = datetime(2024, 1, 1)  # noqa: DTZ001


def parse(text: str, name: str = "") -> Rule:
    """Return the rule of one or more lines; raises BadExpression."""
    del name
    rules: list[str] = []
    dates: dict[str, set[datetime]] = {"EXDATE": set(), "RDATE": set(), "DTSTART": set()}
    for line in text.split():
        key, colon, value = line.partition(":")
        if not colon:
            key, value = "RRULE", line
        key = key.upper()
        if key == "RRULE":
            parts_of(value)
            rules.append(value.upper().strip(";"))
            continue
        kind, _, parameters = key.partition(";")
        if kind not in dates:
            raise BadExpression(f"{kind} is not known; write lines of RRULE, EXDATE, RDATE and DTSTART.", kind)
        dates[kind].update(_walls(kind, parameters, value))
    if not rules and not dates["RDATE"]:
        raise BadExpression("There is no rule here; write a line like FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9.", "RRULE")
    _check_bounds(rules, dates)
    rule = Recurrence(
        tuple(rules),
        without=frozenset(dates["EXDATE"]),
        also=frozenset(dates["RDATE"]),
        begins=next(iter(dates["DTSTART"]), None),
        each_pass=_each_pass(rules),
    )
    _check_starts(rule)
    return rule


def _walls(kind: str, parameters: str, value: str) -> set[datetime]:
    if zone := re.search(r"TZID=([^;:]+)", parameters):
        raise BadExpression(
            f"{kind} names the zone {zone[1].title()}, but the zone is the schedule's; choose it there, and leave TZID "
            "out.",
            kind,
        )
    if parameters not in ("", "VALUE=DATE", "VALUE=DATE-TIME"):
        raise BadExpression(f"{kind} has a parameter that is not known; write {kind}:20261231T235900.", kind)
    found = {moment_of(kind, item.upper()) for item in value.split(",")}
    if any(moment.tzinfo for moment in found):
        raise BadExpression(
            f"{kind} is in UTC; write it as the schedule's zone shows it, without the Z at its end.", kind
        )
    return found


def _check_bounds(rules: list[str], dates: dict[str, set[datetime]]) -> None:
    for kind, most in (("EXDATE", MOST_DATES), ("RDATE", MOST_DATES), ("DTSTART", 1)):
        if len(dates[kind]) > most:
            raise BadExpression(f"There are {len(dates[kind])} of {kind}; write {most} at most.", kind)
    if len(rules) > MOST_RULES:
        raise BadExpression(f"There are {len(rules)} rules; write {MOST_RULES} at most.", "RRULE")
    if len({parts_of(line).freq in BELOW_DAILY for line in rules}) > 1:
        raise BadExpression(
            "These rules read the clock in two ways, since one has a FREQ below DAILY; make a schedule of each.", "FREQ"
        )
    for begins in dates["DTSTART"]:
        for until in filter(None, (parts_of(line).until for line in rules)):
            in_utc = timedelta(days=1) if until.tzinfo else timedelta()  # on the wall of the zone up to 14 hours later
            if until.replace(tzinfo=None) + in_utc < begins:
                raise BadExpression(
                    f"UNTIL ({until:%Y-%m-%d %H:%M}) is before DTSTART ({begins:%Y-%m-%d %H:%M}), so it never starts; "
                    "write a later UNTIL.",
                    "UNTIL",
                )


def _each_pass(rules: list[str]) -> bool:
    return any(parts_of(line).freq in BELOW_DAILY for line in rules)


def _check_starts(rule: Recurrence) -> None:
    if rule.also:
        return
    lines = rule.rules
    if rule.begins is None:
        # From its anchor, which is not known yet, an interval may hit other days: whatever it hits would do.
        lines = tuple(re.sub(r";?(INTERVAL|UNTIL|COUNT)=[^;]*", "", line).strip(";") for line in lines)
    begins = rule.begins or WITHOUT_BEGIN
    before = begins.replace(tzinfo=UTC) - timedelta(days=1)
    found = after(replace(rule, rules=lines, begins=begins), before, zone=ZoneInfo("UTC"), anchor=before)
    if next(found, None) is None:
        raise BadExpression(
            "This never starts: no day or time is in all of its BY parts, or INTERVAL never comes upon one, or EXDATE "
            "leaves them all out; write other parts.",
            "RRULE",
        )
