"""Creation of schedules that a preview has shown: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError

from jobs.database import transaction
from jobs.models import Schedule
from jobs.transitions.schedules import definitions
from jobs.web.bringing.preview import TAKEN, Line

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class NotBrought(ValueError):
    """Refusal of all that was brought: nothing was created. `lines`: what stands in the way, each with its problems."""

    def __init__(self, why: str, lines: Sequence[Line] = ()) -> None:
        super().__init__(why)
        self.lines = lines


def bring(
    lines: Sequence[Line], *, by: AbstractBaseUser | None, now: datetime, only_good: bool = False
) -> list[Schedule]:
    """Create the schedules of these lines in one transaction, each with its audit. With `only_good` the others are left
    out; without it one of these is enough to create none. Raises NotBrought."""
    good, bad = [line for line in lines if line.is_good], [line for line in lines if not line.is_good]
    if bad and not only_good:
        raise NotBrought(
            f"Nothing was brought: {len(bad)} of {len(lines)} {'is' if len(bad) == 1 else 'are'} refused. Correct "
            "them, or bring only the good ones.",
            bad,
        )
    if not good:
        raise NotBrought("Nothing was brought: there is none that could come.", bad)
    made: list[Schedule] = []
    with transaction.atomic():
        for line in good:
            try:
                with transaction.atomic():
                    made.append(_made(line, by=by, now=now))
            except IntegrityError as error:  # somebody has taken the name since the preview
                if "name" in (getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""):
                    raise NotBrought(f"Nothing was brought. {line.name}: {TAKEN}", [line]) from None
                raise
    return made


def brought(made: Sequence[Schedule]) -> str:
    """Say how many of these start something now."""
    shadows = sum(one.shadow for one in made)
    on = f"{sum(one.enabled for one in made)} of them switched on"
    return f"{on}, {shadows} in shadow." if shadows else f"{on}."


def _made(line: Line, *, by: AbstractBaseUser | None, now: datetime) -> Schedule:
    if line.new is None:
        raise NotBrought(f"Nothing was brought: line {line.number} is refused.", [line])
    return definitions.create_schedule(line.new.columns(), by=by, now=now, reason=line.origin)
