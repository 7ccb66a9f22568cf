"""Jobs and triggers of Quartz in XML, as its plugin reads them (job-scheduling-data 2.0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.recurrence.imports import xml_nodes
from jobs.recurrence.imports.entries import Collected, Found
from jobs.recurrence.imports.xml_nodes import Node
from jobs.recurrence.rule import BadExpression

DEFAULT = "DEFAULT"  # the group of what names none
LAST_SURE_DAY = 28
MISFIRE = "MISFIRE_INSTRUCTION_"
SMART = "SMART_POLICY"
#: What is made up for after a downtime, by what the trigger says of misfires.
CATCH_UP = {
    "DO_NOTHING": "skip",
    "RESCHEDULE_NEXT_WITH_EXISTING_COUNT": "skip",
    "RESCHEDULE_NEXT_WITH_REMAINING_COUNT": "skip",
    "FIRE_NOW": "latest",
    "FIRE_ONCE_NOW": "latest",
    "RESCHEDULE_NOW_WITH_EXISTING_REPEAT_COUNT": "latest",
    "RESCHEDULE_NOW_WITH_REMAINING_REPEAT_COUNT": "latest",
}
SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600}
FREQUENCIES = {"DAY": "DAILY", "WEEK": "WEEKLY", "MONTH": "MONTHLY", "YEAR": "YEARLY"}
BESIDE = "Quartz lets runs of a job overlap unless its class forbids it; if it does, choose the overlap queue."
NO_ZONE = "Without time-zone that of Quartz's machine counts; put it into the zone field."
FROM_THE_START = "Quartz counts the interval from its own start; here it is counted from when the schedule is made."
COUNTED = "Its {} starts are counted from here on: what has started there is not known."
LATER = "start-time-seconds-in-future is not brought: it counts from a start of Quartz."
PRIORITY = "Its priority is not brought: RunAt starts what is due."
# Names alone: values are secrets often enough.
ARGUMENTS = "It is given {}; write them into the payload of its row in the table, each like {{data.{}}}."
RECOVERS = "The job asks for recovery: if running it twice does no harm, make the schedule rerunnable."


@dataclass(frozen=True)
class _Timing:
    dialect: str
    expression: str
    most_runs: int | None = None
    notes: tuple[str, ...] = ()


def quartz_jobs(text: str) -> Found:
    """Return the entries of all triggers in a file, and what is refused of it."""
    collected = Collected()
    document, broken = xml_nodes.read(text)
    if broken:
        collected.refuse(broken.line, text.split("\n")[broken.line - 1], "", broken.why)
    jobs = {_key(job, "name", "group"): job for job in document.within("job")}
    found = 0
    for trigger in document.within("trigger"):
        for one in trigger.children:
            found += 1
            shown = f"{one.name} {_named(one)}"
            try:
                collected.add(shown, line=one.line, name=_named(one), **_entry(one, jobs))
            except BadExpression as bad:
                collected.refuse(one.line, shown, bad.field, bad.why)
    if not found and not broken:
        why = "This has no trigger; give a file of job-scheduling-data, with <schedule>, <job> and <trigger>."
        collected.refuse(1, text.split("\n", maxsplit=1)[0], "", why)
    return collected.found()


def _key(node: Node, name: str, group: str) -> tuple[str, str]:
    return node.said(name), node.said(group) or DEFAULT


def _named(trigger: Node) -> str:
    name, group = _key(trigger, "name", "group")
    return name if group == DEFAULT else f"{group}/{name}"


def _entry(trigger: Node, jobs: Mapping[tuple[str, str], Node]) -> dict[str, Any]:
    """Return what a trigger and its job say, by the names of Entry. Raises BadExpression."""
    key = _key(trigger, "job-name", "job-group")
    job = jobs.get(key)
    if job is None:
        raise BadExpression(f"The file has no job {key[0]} of the group {key[1]}; add it.", "job-name")
    if trigger.said("calendar-name"):
        why = "A calendar of Quartz closes some of its times; take it out, and give the schedule a calendar of RunAt."
        raise BadExpression(why, "calendar-name")
    starts_at, ends_at = (_moment(trigger, name) for name in ("start-time", "end-time"))
    if later := trigger.said("start-time-seconds-in-future"):
        starts_at = None
    timing = _timing(trigger, starts_at)
    zone = trigger.said("time-zone") or None
    data = {**_data(job), **_data(trigger)}
    notes = (
        *((NO_ZONE,) if zone is None and timing.dialect not in ("interval", "once") else ()),
        *timing.notes,
        *((BESIDE,) if timing.dialect != "once" else ()),
        *((LATER,) if later else ()),
        *((ARGUMENTS.format(", ".join(sorted(data)), min(data)),) if data else ()),
        *((PRIORITY,) if trigger.said("priority") else ()),
        *((RECOVERS,) if job.said("recover") == "true" else ()),
    )
    return {
        "dialect": timing.dialect,
        "expression": timing.expression,
        "zone": zone,
        "command": job.said("job-class"),
        "data": data,
        "overlap": "allow",
        "catch_up": _catch_up(trigger),
        "starts_at": None if timing.dialect == "once" else starts_at,
        "ends_at": ends_at,
        "most_runs": timing.most_runs,
        "notes": notes,
    }


def _timing(trigger: Node, starts_at: datetime | None) -> _Timing:
    match trigger.name:
        case "cron":
            return _Timing("quartz", trigger.said("cron-expression"))
        case "simple":
            return _simple(trigger, starts_at)
        case "calendar-interval":
            return _by_calendar(trigger, starts_at)
    raise BadExpression(
        f"“{trigger.name}” is no trigger of these files; write cron, simple or calendar-interval.", "trigger"
    )


def _simple(trigger: Node, starts_at: datetime | None) -> _Timing:
    repeats, milliseconds = _whole(trigger, "repeat-count", 0), _whole(trigger, "repeat-interval", 0)
    if repeats == 0:
        if starts_at is None:
            raise BadExpression("It starts once, whenever Quartz starts; write its start-time.", "start-time")
        return _Timing("once", starts_at.isoformat())
    notes = () if starts_at else (FROM_THE_START,)
    expression = f"every {milliseconds / 1000:f} seconds"
    if repeats < 0:
        return _Timing("interval", expression, notes=notes)
    return _Timing("interval", expression, repeats + 1, (*notes, COUNTED.format(repeats + 1)))


def _by_calendar(trigger: Node, starts_at: datetime | None) -> _Timing:
    number, unit = _whole(trigger, "repeat-interval", 0), trigger.said("repeat-interval-unit")
    if number < 1:
        raise BadExpression(
            "The interval has to be 1 or more; write how many units lie between two starts.", "repeat-interval"
        )
    if unit in SECONDS:
        return _Timing(
            "interval", f"every {number * SECONDS[unit]} seconds", notes=() if starts_at else (FROM_THE_START,)
        )
    if unit not in FREQUENCIES:
        why = f"“{unit}” is no unit; write one of {', '.join([*SECONDS, *FREQUENCIES])}."
        raise BadExpression(why, "repeat-interval-unit")
    if starts_at is None or starts_at.tzinfo is not None:
        why = (
            "It repeats by the clock of its machine; write its start-time without an offset, like 2026-12-31T09:00:00."
        )
        raise BadExpression(why, "start-time")
    if unit in ("MONTH", "YEAR") and starts_at.day > LAST_SURE_DAY:
        why = "Quartz starts it on another day where a month is short; write a cron trigger with L, or a day up to 28."
        raise BadExpression(why, "start-time")
    return _Timing("rrule", f"DTSTART:{starts_at:%Y%m%dT%H%M%S}\nRRULE:FREQ={FREQUENCIES[unit]};INTERVAL={number}")


def _catch_up(trigger: Node) -> str:
    said = trigger.said("misfire-instruction").removeprefix(MISFIRE) or SMART
    if said == SMART:  # of what goes on for ever in intervals the next comes at its time; else the last one at once
        is_endless = trigger.name == "simple" and _whole(trigger, "repeat-count", 0) < 0
        return "skip" if is_endless else "latest"
    if said not in CATCH_UP:
        why = (
            f"“{said}” is no instruction for misfires; write one of {', '.join(f'{MISFIRE}{one}' for one in CATCH_UP)}."
        )
        raise BadExpression(why, "misfire-instruction")
    return CATCH_UP[said]


def _data(node: Node) -> dict[str, str]:
    """Return what a job-data-map holds: texts, as Quartz reads them."""
    return {entry.said("key"): entry.said("value") for data in node.all("job-data-map") for entry in data.all("entry")}


def _whole(node: Node, name: str, absent: int) -> int:
    text = node.said(name)
    try:
        return int(text) if text else absent
    except ValueError:
        raise BadExpression(f"“{text}” is no whole number; write one.", name) from None


def _moment(node: Node, name: str) -> datetime | None:
    text = node.said(name)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise BadExpression(f"“{text}” is no moment; write it like 2026-12-31T23:59:00.", name) from None
