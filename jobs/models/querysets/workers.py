"""Questions about workers, by name."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections, models
from django.db.models import Q

if TYPE_CHECKING:
    from jobs.models.worker import Worker


# The heartbeat: says that the session lives and how it is, and hears whether somebody has drained it, and of which
# installation it is. One statement.
BEAT = """
UPDATE jobs_worker SET heartbeat_at = clock_timestamp(), running = %(running)s, offset_ms = %(offset_ms)s,
    uncertainty_ms = %(uncertainty_ms)s,
    cpu = %(cpu)s, memory = %(memory)s, load = %(load)s, gpu = %(gpu)s, gpu_memory = %(gpu_memory)s,
    waiting = %(waiting)s, minutes_until = %(minutes_until)s::timestamptz, minute_starts = %(minute_starts)s::int[],
    minute_use = %(minute_use)s::smallint[],
    refusing = %(refusing)s, foreign_at = %(foreign_at)s, foreign_from = %(foreign_from)s
WHERE session = %(session)s AND gone_at IS NULL
RETURNING drained_at, drain_reason, drained_by,
    (SELECT identity FROM jobs_installation), (SELECT incarnation FROM jobs_installation)
"""


class Drain(NamedTuple):
    """A worker's drain, as its row says. `drained_at` None: it is not drained."""

    drained_at: datetime | None = None
    drain_reason: str = ""
    drained_by: str = ""


class Heard(NamedTuple):
    """The answer to a heartbeat. `identity` and `incarnation` None: the installation has no row."""

    drain: Drain
    identity: uuid.UUID | None
    incarnation: uuid.UUID | None


class Crew(NamedTuple):
    """The workers that there are."""

    all_take_bundles: bool
    queues: Counter[str]  # how many of them take from each

    def of(self, queue: str) -> int:
        """Return how many of them take from this queue; 1 if none does: one may come."""
        return max(self.queues[queue], 1)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def beat(self, session: uuid.UUID, values: Mapping[str, Any]) -> Heard | None:
        """Write a heartbeat of this session; `values` are the columns of BEAT. Returns None when it has been declared
        gone."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(BEAT, {"session": session, **values})
            row = cursor.fetchone()
        return None if row is None else Heard(Drain(*row[:3]), *row[3:])

    def locked(self, session: uuid.UUID) -> Worker | None:
        """Lock and return the row of this session until the transaction ends; None if there is none."""
        return self.select_for_update().filter(session=session).first()

    def present(self) -> WorkerQuerySet:
        """Select the workers whose attempts nobody has settled yet: the living and the just departed."""
        return self.filter(gone_at__isnull=True)

    def alive(self, now: datetime, patience: timedelta) -> WorkerQuerySet:
        return self.present().filter(stopped_at__isnull=True, heartbeat_at__gte=now - patience)

    def crew(self) -> Crew:
        """Return what is known of the workers that have not said good-bye, and that nobody has declared gone."""
        rows = list(self.present().filter(stopped_at__isnull=True).values_list("bundles", "queues"))
        return Crew(all(bundles for bundles, _ in rows), Counter(queue for _, queues in rows for queue in queues))

    def seen_since(self, since: datetime) -> WorkerQuerySet:
        """Select the workers still present, and those that have left since then."""
        return self.filter(Q(gone_at__isnull=True) | Q(gone_at__gte=since)).order_by("name", "-heartbeat_at")

    def queue_names(self) -> set[str]:
        """Return the queues that a worker of ours takes from or has taken from lately."""
        return {
            name for queues in self.order_by("-heartbeat_at").values_list("queues", flat=True)[:500] for name in queues
        }

    def living_in(self, after: datetime, until: datetime) -> WorkerQuerySet:
        """Select the workers that lived at any time between the two moments, the last seen first."""
        return self.filter(started_at__lte=until, heartbeat_at__gte=after).order_by("-heartbeat_at")

    def there_at(self, moment: datetime, most: int) -> WorkerQuerySet:
        """Select the first `most` workers that lived at this moment, by their names."""
        return self.filter(started_at__lte=moment, heartbeat_at__gte=moment).order_by("name", "-started_at")[:most]

    def vanished(self, silent_before: datetime | None) -> WorkerQuerySet:
        """Select the workers that have stopped, or are without a heartbeat since `silent_before`: whatever they still
        hold is nobody's."""
        vanished = Q(stopped_at__isnull=False)
        if silent_before is not None:
            vanished |= Q(heartbeat_at__lt=silent_before)
        return self.present().filter(vanished)
