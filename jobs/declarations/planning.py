"""Compares declarations with the schedules that there are: what would be added, changed and removed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError

from jobs import exactjson, rules, targets
from jobs.declarations.declaration import Declaration, Refused
from jobs.declarations.gathering import Declared
from jobs.models import Calendar, Schedule
from jobs.rules.schedule_order import comes_too_often, timing_of, too_often

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

PLACES = ("name", "declared_in")
LONGEST_VALUE = 200  # characters of one that is shown


class Added(NamedTuple):
    """Schedule that is new, by its columns; those after which it comes by their names (`after`), since they may be new,
    too."""

    name: str
    columns: dict[str, Any]


class Change(NamedTuple):
    """Schedule that becomes another: its columns as they will be, where they differ, and `after`."""

    schedule: Schedule
    columns: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Differences between declarations and what there is."""

    added: list[Added]
    changed: list[Change]
    removed: list[Schedule]
    unchanged: int

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def lines(self) -> list[str]:
        """Say it to a person, a line each."""
        calendars = _calendar_names(self)
        found = [
            f"+ {name}: {new['expression']} ({new['dialect']}, {new['time_zone']}) starts {new['target']}"
            for name, new in self.added
        ]
        for schedule, columns in self.changed:
            found.append(f"~ {schedule.name}")
            for column, after in columns.items():
                name, pair = column, (_was(schedule, column), after)
                if column == "payload":
                    new = columns.get("target", schedule.target)
                    pair = (targets.audited(schedule.target, pair[0]), targets.audited(new, after))
                if column == "calendar_id":
                    name, pair = "calendar", (calendars.get(pair[0]), calendars.get(after))
                found.append(f"    {name}: {_shown(pair[0])} -> {_shown(pair[1])}")
        found += [
            f"- {schedule.name}: deleted with its history, and its next run cancelled" for schedule in self.removed
        ]
        found += self._renamed()
        counts = f"{len(self.added)} added, {len(self.changed)} changed, {len(self.removed)} removed"
        return [*found, f"{counts}, {self.unchanged} unchanged."]

    def _renamed(self) -> list[str]:
        """Say which of those that are added look like one that is removed."""
        return [
            f"  {new} looks like {old.name} under another name: it begins anew, without its history and pause."
            for old in self.removed
            for new, columns in self.added
            if not _differing(old, {name: value for name, value in columns.items() if name not in PLACES})
        ]


def plan(declared: Declared, *, prune: bool, now: datetime, by: AbstractBaseUser | None) -> Plan:
    """Return what applying these declarations would do. Without `prune` nothing is removed. Raises Refused with all
    that is wrong."""
    declarations, sources = declared.declarations, declared.sources
    there = {one.name: one for one in Schedule.objects.select_related("calendar").filter(name__in=_names(declarations))}
    after = {one.name: after_of(one.asked) for one in declarations if isinstance(one.name, str)}
    added, changed, unchanged, problems = [], [], 0, []
    new: dict[str, Schedule] = {}
    for declaration in declarations:
        before = there.get(declaration.name) if isinstance(declaration.name, str) else None
        # From one of these to another it moves with its history and pause.
        if before is not None and before.declared_in not in sources:
            problems.append(declaration.problem("name", _clash(before)))
            continue
        try:
            checked = rules.check_new_schedule(now=now, by=by, before=before, declared=after, **declaration.asked)
        except ValidationError as error:
            wrong = error.message_dict.items()
            problems += [declaration.problem(field, " ".join(sentences)) for field, sentences in wrong]
            continue
        columns = checked.columns()
        new[checked.name] = Schedule(**columns, anchored_at=checked.starts_at or now)
        del columns["after_ids"]
        columns |= {"declared_in": declaration.declared_in, "after": tuple(sorted(checked.after))}
        if before is None:
            added.append(Added(declaration.name, columns))
        elif differing := _differing(before, columns):
            changed.append(Change(before, differing))
        else:
            unchanged += 1
    gone = Schedule.objects.declared_by(sources).exclude(name__in=_names(declarations)).order_by("name")
    removed = list(gone) if prune else []
    problems += _order_problems(declarations, after, new, {one.name for one in removed}, now)
    if problems:
        raise Refused(problems)
    return Plan(added, changed, removed, unchanged)


def after_of(asked: Mapping[str, Any]) -> list[str]:
    """Return after which schedules one is declared to come; none where that is no list of names, which is refused."""
    names = asked.get("after", ())
    return [one for one in names if isinstance(one, str)] if isinstance(names, list | tuple) else []


def _order_problems(
    declarations: Sequence[Declaration],
    after: Mapping[str, Sequence[str]],
    new: Mapping[str, Schedule],
    removed: Collection[str],
    now: datetime,
) -> Iterator[str]:
    """Yield what is wrong with coming after schedules that are declared, or removed, together with who comes."""
    followed = {name for names in after.values() for name in names}
    often = {name for name in followed & new.keys() if comes_too_often(timing_of(new[name]), now)}
    for one in declarations:
        for name in after[one.name] if isinstance(one.name, str) else ():
            if name in removed:
                yield one.problem("after", f"'{name}' is declared no more, and removed by this; leave it out.")
            elif name in often:
                yield one.problem("after", too_often(name))


def _names(declarations: Sequence[Declaration]) -> list[str]:
    return [one.name for one in declarations if isinstance(one.name, str)]


def _clash(schedule: Schedule) -> str:
    whose = f"is declared in {schedule.declared_in}" if schedule.declared_in else "was made by a person, and stays so"
    return f"a schedule of this name {whose}; choose another name, or delete that one first."


def _differing(schedule: Schedule, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if not _same(_was(schedule, name), value)}


def _was(schedule: Schedule, column: str) -> Any:
    return Schedule.objects.names_of(schedule.after_ids) if column == "after" else getattr(schedule, column)


def _same(before: Any, after: Any) -> bool:
    return exactjson.same(before, after) if isinstance(after, dict | list) else bool(before == after)


def _calendar_names(plan: Plan) -> dict[Any, str]:
    ids = [pk for schedule, columns in plan.changed for pk in (schedule.calendar_id, columns.get("calendar_id")) if pk]
    return dict(Calendar.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _shown(value: Any) -> str:
    if value is None or value in ("", ()):
        return "nothing"
    if isinstance(value, tuple):
        value = ", ".join(value)
    text = exactjson.dumps(value) if isinstance(value, dict | list | bool) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
