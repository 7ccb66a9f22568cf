"""Schedules that are declared beside their targets. They are written down when the targets are loaded, and compared
with the table by `manage.py schedules` alone (jobs/declarations/)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from jobs.targets.registry import registered

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class DeclaredSchedule:
    """Call of `schedule()`: where it stands, and what it asks for. `function` is the one that it stands above."""

    module: str
    line: int
    asked: dict[str, Any]
    function: Callable[..., Any] | None = None

    @property
    def targets(self) -> list[str]:
        """Return the targets that it may mean: the one that it names, or all that its function is."""
        if "target" in self.asked:
            return [self.asked["target"]]
        return [name for name, target in registered().items() if target.call is self.function]


_declared: list[DeclaredSchedule] = []


def schedule(*, name: str, dialect: str, expression: str, **fields: Any) -> Callable[[F], F]:
    """Declare a schedule of the target whose function this stands above, or of the one that `target` names: then it may
    stand alone. The fields are those of REST and of schedules.toml, a calendar by its name. `manage.py schedules apply`
    makes it; what is wrong is said there, with this place."""
    place = sys._getframe(1)
    asked = {"name": name, "dialect": dialect, "expression": expression, **fields}
    declared = DeclaredSchedule(str(place.f_globals.get("__name__")), place.f_lineno, asked)
    _declared.append(declared)

    def stand_above(function: F) -> F:
        declared.function = function
        return function

    return stand_above


def declared_schedules() -> Sequence[DeclaredSchedule]:
    """Return all that is declared in code, in the order of the modules that declare it."""
    return _declared
