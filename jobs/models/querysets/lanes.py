"""The questions about jobs that share a key or a queue: who occupies it, who waits for it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import BigIntegerField, Q
from django.db.models.expressions import Col, Combinable
from django.db.models.lookups import GreaterThan

from jobs.states import FINAL, Hold, State

if TYPE_CHECKING:
    from jobs.models.job import Job  # noqa: F401 - named in the base class


class JobLanes(models.QuerySet["Job"]):
    """Part of JobQuerySet. `field` is what they share: "key" or "queue"."""

    def occupying(self, field: str, names: Collection[str]) -> list[tuple[str, int]]:
        """(name, job id) of those that run, and of those whose turn has come and that have not started yet."""
        among = self.filter(**{f"{field}__in": names})
        running = among.filter(state=State.RUNNING)
        next_ones = among.filter(state=State.PENDING, holds=0, turn_at__isnull=False)
        # Two partial indexes: an OR would read the whole table.
        found = running.order_by().values_list(field, "id").union(next_ones.order_by().values_list(field, "id"))
        return sorted(found, key=lambda pair: pair[1])

    def waiting_in(self, field: str, name: str, hold: Hold) -> Self:
        """Those held for their turn, in the order of their turns; whoever is locked by somebody else is left out."""
        held = self.filter(state=State.PENDING, **{field: name}).filter(bit_is_set(hold))
        return held.order_by("run_at", "id").select_for_update(skip_locked=True, of=("self",), no_key=True)

    def on_their_way(self, key: str, now: datetime) -> list[int]:
        """The ids of those of this key that run, and of those that are due and have not started yet, in order."""
        among = self.filter(key=key).order_by().values_list("id", flat=True)
        # Two partial indexes: an OR would read the whole table.
        return sorted([*among.filter(state=State.RUNNING), *among.filter(state=State.PENDING, run_at__lte=now)])

    def how_far(self, ids: Collection[int]) -> dict[int, tuple[bool, int | None]]:
        """By job: whether it has ended, and which other one stands for it. One that is gone is left out."""
        rows = self.order_by().filter(pk__in=ids).values_list("pk", "state", "joined_id")
        return {pk: (state in FINAL, joined if state == State.SKIPPED else None) for pk, state, joined in rows}

    def forget_moments(self, field: str, name: str, now: datetime) -> int:
        """Those to which a rate of the past has given a later moment are due again: the list query publishes them, and
        whoever takes them asks the rate that there is now. Returns how many."""
        later = self.filter(state=State.PENDING, holds=0, not_before__gt=now, **{field: name}).order_by("id")
        ids = list(later.select_for_update(skip_locked=True, of=("self",), no_key=True).values_list("pk", flat=True))
        return self.filter(pk__in=ids).update(not_before=None, enqueued_at=None, deliveries=0)

    def held_in_lanes(self, limit: int) -> list[tuple[str, str | None, int]]:
        """(queue, key, holds) of those held for their turn: for whoever looks whether it has come."""
        held = self.filter(state=State.PENDING).exclude(holds=0).filter(bit_is_set(Hold.KEY | Hold.QUEUE))
        return list(held.order_by().values_list("queue", "key", "holds").distinct()[:limit])


def bit_is_set(hold: Hold) -> Combinable | Q:
    """A condition on `holds`."""
    return Q(GreaterThan(_Bits(models.F("holds"), int(hold)), 0))


class _Bits(models.Func):
    template = "(%(expressions)s)"
    arg_joiner = " & "
    output_field = BigIntegerField()

    def __init__(self, column: models.F | Col, mask: int) -> None:
        super().__init__(column, models.Value(mask))
