"""Gathers what is declared, in a file and beside targets: one list, whatever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.declarations.declaration import MODULE, Declaration, Refused, problems_of
from jobs.declarations.reading import read
from jobs.models import Schedule
from jobs.targets.schedules import DeclaredSchedule, declared_schedules


@dataclass(frozen=True)
class Declared:
    """Declarations of all `sources`: the files and modules that were looked at. What one of these has declared once and
    declares no more is removed."""

    declarations: list[Declaration]
    sources: set[str]


def gather(path: Path, *, named: bool) -> Declared:
    """Return what this file and the code declare. A file that nobody has `named` need not be there, unless something is
    declared in it. Raises Refused with all that is wrong."""
    code, problems = _in_code()
    sources = {one.declared_in for one in code} | Schedule.objects.declaring(MODULE)
    found: list[Declaration] = []
    if named or not sources or path.exists() or Schedule.objects.declared_by([path.name]).exists():
        sources.add(path.name)
        if path.name.startswith(MODULE):
            problems.append(f"A file may not be called '{path.name}': so begins what modules declare; rename it.")
        try:
            found = read(path)
        except Refused as refused:
            problems = refused.problems + problems
    problems += problems_of([*found, *code])
    if problems:
        raise Refused(problems)
    return Declared([*found, *code], sources)


def _in_code() -> tuple[list[Declaration], list[str]]:
    """Return what is declared beside targets, and what is wrong with where it stands."""
    found, problems = [], []
    for declared in declared_schedules():
        targets = declared.targets
        asked = {**declared.asked, "target": targets[0] if targets else None}
        one = Declaration(MODULE + declared.module, declared.line, asked)
        found.append(one)
        problems += [one.problem("target", why) for why in _target_problems(declared, targets)]
    return found, problems


def _target_problems(declared: DeclaredSchedule, targets: list[str]) -> Iterator[str]:
    if not targets:
        function = declared.function
        if function is None:
            yield "this schedule() stands above no function; write @ before it, or name its target."
        else:
            yield f"the function '{function.__name__}' is no target; write @schedule(...) above @target(...)."
    elif len(targets) > 1:
        yield f"its function is several: {', '.join(sorted(targets))}; name the one that is meant."
