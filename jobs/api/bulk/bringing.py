"""Creates the jobs of a bulk request, or says what would come of it; for REST and for the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs import transitions
from jobs.api.bulk.judging import Judge, Judged
from jobs.api.bulk.lines import Line
from jobs.api.bulk.rights import judge_rights
from jobs.transitions.creation.once import is_known

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class Brought(NamedTuple):
    """Outcome of a bulk request: ids of the good jobs in their order, of a preview each None, and whether they are
    new."""

    judged: Judged
    ids: Sequence[int | None]
    is_new: bool

    def answer(self, *, whole: bool) -> dict[str, Any]:
        """Return what an answer says; `whole`: with a place for each job that was wrong, and its mistakes."""
        if not whole:
            return {"ids": self.ids}
        made = dict(zip(self.judged.new, self.ids, strict=True))
        ids = [made.get(number) for number in range(self.judged.total)]
        return {"ids": ids, "wrong": self.judged.wrong, "errors": self.judged.errors}


def bring(
    judge: Judge,
    jobs: Iterable[Line],
    *,
    partial: bool,
    preview: bool,
    admit: Callable[[int], None],
    by: AbstractBaseUser | None,
    now: datetime,
) -> Brought:
    """Create all of these jobs, or none; with `partial` those that are good; with `preview` none, whatever they are.
    `admit` is told how many there will be, and raises where they are too many. Raises JobsRefused."""
    judged = judge.judge(jobs)
    if preview:
        judge_rights(judge, by)
        return Brought(judged, [None] * len(judged.new), False)
    if not judged.new or (judged.wrong and not partial):
        raise judged.refused()
    new = list(judged.new.values())
    if not is_known(new[0].idempotency_key, by=by):
        admit(len(new))
    return Brought(judged, *transitions.create_all(new, now=now, by=by))
