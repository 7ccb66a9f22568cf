"""Spreads jobs over a window: evenly, in the order of their times, and none before its own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from jobs.states import Hold

if TYPE_CHECKING:
    from jobs.models.querysets import JobQuerySet

MOST = 100_000  # jobs that one operation spreads: their order is kept in its row


class InOrder(NamedTuple):
    """Pending job that is to be spread, as far as its place in the window needs it."""

    id: int
    run_at: datetime
    queue: str
    target: str
    holds: int

    @property
    def is_free(self) -> bool:
        return not Hold(self.holds)


@dataclass(frozen=True)
class Places:
    """Window, and the jobs that are spread over it in their order: so many of them, each as long after the one
    before."""

    begins_at: datetime
    seconds: int
    in_order: Sequence[int]

    @cached_property
    def _place_of(self) -> dict[int, int]:
        return {job_id: place for place, job_id in enumerate(self.in_order)}

    @cached_property
    def _by_id(self) -> list[int]:
        return sorted(self.in_order)

    def at(self, job_id: int, run_at: datetime) -> datetime:
        """Return the time of this job: that of its place, or its own where that is later."""
        place = self._place_of.get(job_id)
        if place is None:
            return run_at
        return max(run_at, self.begins_at + place * timedelta(seconds=self.seconds) / len(self.in_order))

    def after(self, position: int, most: int) -> list[int]:
        """Return the next ids after this one, so many at most."""
        begin = bisect_right(self._by_id, position)
        return self._by_id[begin : begin + most]


def in_order(found: JobQuerySet) -> list[InOrder]:
    """Return these jobs in the order of their times, MOST and one at most. One statement."""
    rows = found.order_by("run_at", "id").values_list(*InOrder._fields)[: MOST + 1]
    return [InOrder(*row) for row in rows]
