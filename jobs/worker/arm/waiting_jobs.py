"""The jobs that wait on this worker for their time, by the messages that brought them, soonest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, islice

from jobs.transitions.limits.names import Name


class Delivery:
    """A message of one job or of several. It is acknowledged when the last of them has been dealt with (taken, not to
    be taken, or passed on), so that what a dying worker still had is delivered again. Safe for threads."""

    __slots__ = ("_acknowledge", "_hand_back", "_others", "_put_off", "_set_aside", "is_bundle")

    def __init__(
        self,
        acknowledge: Callable[[], object],
        hand_back: Callable[[Delivery, Waiting], object],
        jobs: int = 1,
        set_aside: Callable[[], object] | None = None,
    ) -> None:
        """Make it, of so many `jobs`. `hand_back` gives one of its jobs back to the broker, for other workers;
        `set_aside` is called, perhaps several times, when no more of its jobs are left than were put off."""
        self._acknowledge = acknowledge
        self._hand_back = hand_back
        self._set_aside = set_aside
        self._put_off: set[int] | None = None  # ids of its jobs
        self.is_bundle = jobs > 1
        self._others = [None] * (jobs - 1)  # that of a list one thread at a time takes an item needs no lock

    def acknowledge(self) -> None:
        """Note that one of its jobs has been dealt with; once for each."""
        try:
            self._others.pop()
        except IndexError:
            self._acknowledge()
        else:
            if self._put_off and self._set_aside is not None:
                self._look(self._put_off, self._set_aside)

    def put_off(self, job_id: int) -> None:
        """Note that one of its jobs waits here for a limit, and needs no slot meanwhile."""
        if self._set_aside is not None:
            if self._put_off is None:
                self._put_off = set()
            self._put_off.add(job_id)
            self._look(self._put_off, self._set_aside)

    def _look(self, put_off: set[int], set_aside: Callable[[], object]) -> None:
        if len(put_off) > len(self._others):
            set_aside()

    def hand_back(self, waiting: Waiting) -> None:
        """Have the broker deliver this job of it elsewhere."""
        self._hand_back(self, waiting)


@dataclass(slots=True)
class Waiting:
    """A job on this worker. `run_at` is the message's: seconds since the epoch, on the database's clock; `hops` is how
    many workers have passed it on. `limited`: it shares a limit; then `again_at` is when to take it up again, on the
    same clock, after so many `tries` in vain, about which `limit` somebody else decides."""

    job_id: int
    version: int
    run_at: float
    queue: str | None  # None: its message names none
    hops: int
    deliveries: tuple[Delivery, ...]  # more than one when the broker repeats itself
    limited: bool = False
    again_at: float = 0.0
    tries: int = 0
    limit: Name | None = None
    came: tuple[float | None, float] | None = None  # when its message was sent, and came; None: nobody draws that

    def due(self, lead: float) -> float:
        """Return the job's time, or so much later that it is not taken up before `again_at`: a job is taken up `lead`
        seconds ahead. In seconds since the epoch."""
        return max(self.run_at, self.again_at + lead) if self.again_at else self.run_at

    def acknowledge(self) -> None:
        for delivery in self.deliveries:
            delivery.acknowledge()

    def put_off(self) -> None:
        """Note that it waits for a limit here, and needs no slot meanwhile."""
        for delivery in self.deliveries:
            delivery.put_off(self.job_id)

    def hand_back(self) -> None:
        """Have the broker deliver the job elsewhere. It has not been passed on: its hops stay as they are."""
        for delivery in self.deliveries:
            delivery.hand_back(self)


Entry = tuple[float, int, Waiting]
LOOK = 200  # entries that are looked at, of any number, to find some to pass on


class WaitingJobs:
    """A heap of jobs, soonest first; each (job, version) once. Not safe for threads: its owner has a lock."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._by_key: dict[tuple[int, int], Entry] = {}
        self._order = count()

    def __len__(self) -> int:
        return len(self._by_key)

    def add(self, waiting: Waiting, lead: float = 0.0) -> None:
        known = self._by_key.get((waiting.job_id, waiting.version))
        if known is not None:
            known[2].deliveries += waiting.deliveries
            known[2].hops = max(known[2].hops, waiting.hops)
            return
        self._enter(waiting, lead)

    def hurry(self, waiting: Waiting, lead: float) -> None:
        """Have a job that waits here wait for a sooner time than before. Does nothing if it does not wait here."""
        known = self._by_key.get((waiting.job_id, waiting.version))
        if known is not None and known[2] is waiting:
            self._enter(waiting, lead)  # what it was entered as goes when its turn comes

    def _enter(self, waiting: Waiting, lead: float) -> None:
        entry = (waiting.due(lead), next(self._order), waiting)
        self._by_key[waiting.job_id, waiting.version] = entry
        heapq.heappush(self._heap, entry)

    @property
    def next_at(self) -> float:
        """The soonest time that a job waits for, in seconds since the epoch; infinity when nothing waits."""
        self._drop_gone()
        return self._heap[0][0] if self._heap else float("inf")

    @property
    def last_queue(self) -> str | None:
        """The queue of one of the jobs that wait longest; None when nothing waits, or it names none."""
        self._drop_gone()
        return self._heap[-1][2].queue if self._heap else None

    def more_than(self, most: int, until: float) -> bool:
        """Return whether more than `most` jobs are due until then."""
        return len(self._due(until, most + 1)) > most

    def take(self, until: float, most: int) -> list[Waiting]:
        """Remove and return the jobs due until then, soonest first, `most` at most."""
        taken: list[Waiting] = []
        while len(taken) < most and self.next_at <= until and self._heap:
            waiting = heapq.heappop(self._heap)[2]
            del self._by_key[waiting.job_id, waiting.version]
            taken.append(waiting)
        return taken

    def take_after(self, until: float) -> list[Waiting]:
        """Remove and return the jobs due later than that, soonest first."""
        later = sorted(entry for entry in self._heap if entry[0] > until and self._waits(entry))
        self._heap = [entry for entry in self._heap if entry[0] <= until]
        heapq.heapify(self._heap)
        for _, _, waiting in later:
            del self._by_key[waiting.job_id, waiting.version]
        return [waiting for _, _, waiting in later]

    def take_last(self, until: float, most: int, fewer_hops_than: int) -> list[Waiting]:
        """Remove and return the jobs due until then that would have to wait longest here, and may still be passed on.
        In a crowd only some are looked at, late ones among them: this is done again and again while all slots are
        taken."""
        enough = max(most, LOOK)
        due = {entry[1]: entry for entry in self._due(until, enough)}
        if len(due) == enough:
            due |= {entry[1]: entry for entry in self._heap[-enough:] if entry[0] <= until and self._waits(entry)}
        may_go = (entry for entry in sorted(due.values(), reverse=True) if entry[2].hops < fewer_hops_than)
        chosen = [entry[2] for entry in islice(may_go, most)]
        for waiting in chosen:
            del self._by_key[waiting.job_id, waiting.version]  # its entry goes when its turn comes
        return chosen

    def _due(self, until: float, most: int) -> list[Entry]:
        """Return the entries due until then, `most` at most, from the top of the heap downwards."""
        found: list[Entry] = []
        places = [0]
        while places and len(found) < most:
            place = places.pop()
            if place < len(self._heap) and self._heap[place][0] <= until:
                if self._waits(self._heap[place]):
                    found.append(self._heap[place])
                places += [2 * place + 2, 2 * place + 1]
        return found

    def _waits(self, entry: Entry) -> bool:
        """Return whether the entry still counts: it has not been taken out of the middle of the heap."""
        return self._by_key.get((entry[2].job_id, entry[2].version)) is entry

    def _drop_gone(self) -> None:
        while self._heap and not self._waits(self._heap[0]):
            heapq.heappop(self._heap)
        while self._heap and not self._waits(self._heap[-1]):
            self._heap.pop()  # the last of a heap is nobody's parent
