"""The next hour: what the metrics, the overview and the alert ask for again and again, by the same reading as the whole
forecast, as far as it needs that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache

from jobs.forecast.coming import Coming, coming
from jobs.forecast.need import CELL, LONGEST, Planned
from jobs.forecast.reading import Durations, durations
from jobs.models.querysets.cohorts import Cohorts, cohorts
from jobs.models.querysets.seeing_alike import name_of
from jobs.rights import Reach

HOUR = timedelta(seconds=LONGEST)
MOST_SOON = 20_000  # pending jobs of all, soonest first, that are looked at
NONE_KEY = "runat-no-schedules-soon"
NONE_FOR = 60  # seconds for which schedules of which none comes soon are not asked for again


@dataclass(frozen=True)
class Soon:
    """Plan of the hour from `now` on: pending jobs that nothing holds, soonest queue first, and later times of
    schedules."""

    now: datetime
    counted: tuple[Cohorts, ...]
    coming: Coming
    lasts: Durations

    @property
    def jobs(self) -> int:
        return sum(sum(one.numbers) for one in self.counted)

    @property
    def queues(self) -> list[str]:
        """Return the queues in which anything is planned, the soonest first."""
        later = sorted(self.coming.starts, key=lambda key: key[2])
        return list(dict.fromkeys([one.queue for one in self.counted] + [queue for queue, _, _ in later]))

    def planned(self) -> Iterator[Planned]:
        """Yield the starts by cells of ten seconds."""
        for one in self.counted:
            cells = Counter[int]()
            for first, _, number in one.cells():
                cells[first // (CELL * 1000)] += number
            for cell, number in cells.items():
                yield Planned(one.queue, one.target, cell, number)
        for (queue, target, at), number in self.coming.starts.items():
            yield Planned(queue, target, int((at - self.now).total_seconds()) // CELL, number)


def soon(now: datetime, within: Reach) -> Soon:
    """Return what is due in the next hour. A statement for jobs, one for schedules (at most once a minute where none
    come), two for their calendars, and one for how long bodies of these targets took, if there is anything."""
    counted = cohorts(now, now=now, until=now + HOUR, cell=1_000, within=within, most=MOST_SOON, among_soonest=True)
    pending = sorted((one for one in counted if one.is_pending), key=lambda one: (one.oldest or now, one.queue))
    schedules = _coming(now, within)
    targets = {one.target for one in pending} | {target for _, target, _ in schedules.starts}
    return Soon(now, tuple(pending), schedules, durations(targets, now=now, within=within))


def _coming(now: datetime, within: Reach) -> Coming:
    key = f"{NONE_KEY}{name_of(within)}"
    if cache.get(key):
        return Coming()
    found = coming(now=now, until=now + HOUR, within=within)
    if not found.schedules:
        cache.set(key, True, NONE_FOR)
    return found
