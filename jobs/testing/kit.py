"""Jobs in tests: run what is due, look at what was scheduled, and move the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from jobs.clock import clock
from jobs.models import Job
from jobs.python.controls import get, read
from jobs.python.handle import JobHandle
from jobs.scheduler.schedules import Schedules
from jobs.states import State
from jobs.testing import words
from jobs.testing.frozen import FrozenClock, shown
from jobs.testing.starting import start

MOST_STARTS = 10_000  # of one call: a job that schedules itself at once would never end


class RunAt:
    """Fixture `runat`: the jobs of a test, and the clock by which they start."""

    def __init__(self, frozen: FrozenClock) -> None:
        self._clock = frozen
        self._schedules = Schedules()
        self._first = max(Job.objects.order_by("-pk").values_list("pk", flat=True)[:1], default=0)
        self._seen: set[int] = set()
        self._strict = False

    # --- the clock ---

    @property
    def now(self) -> datetime:
        """The moment at which it is now, for all of RunAt. It stands until it is moved."""
        return self._clock.now

    def travel(self, to: datetime | timedelta) -> None:
        """Move the clock to that moment, or on by so much. Nothing starts by it. Raises ValueError for the past."""
        self._clock.move_to(self.now + to if isinstance(to, timedelta) else to)

    # --- starts ---

    def run_due(self, until: datetime | timedelta | None = None) -> list[JobHandle]:
        """Run all that is due up to that moment, so much later, or now, in the order of its time, and what becomes due
        by it; return the jobs as they are after their starts, in the order of these. At each start the clock shows its
        time; at the end `until`.

        Raises AssertionError when a job cannot start at all, such as one whose target is not there."""
        end = self.now + until if isinstance(until, timedelta) else until or self.now
        if end < self.now:
            raise ValueError(f"It is {shown(self.now)} already; nothing runs until {shown(end)}.")
        started: list[int] = []
        for _ in range(MOST_STARTS):
            self._schedules(now=self.now)
            job = Job.objects.awaiting_start().filter(due_at__lte=end).order_by("due_at", "pk").first()
            if job is None:
                self._clock.move_to(end)
                return [get(job_id) for job_id in started]
            self._clock.move_to(max(self.now, job.due))
            if start(job):
                started.append(job.pk)
                self._seen.add(job.pk)
            else:
                self._has_changed(job)
        raise AssertionError(f"{MOST_STARTS:,} jobs have started, and there is no end of them: does one make the next?")

    def _has_changed(self, before: Job) -> None:
        """Raise AssertionError for a job that could not start, and of which nothing else was made."""
        job = Job.objects.get(pk=before.pk)
        moved = (job.state, job.holds, job.run_at) != (before.state, before.holds, before.run_at)
        later = job.not_before is not None and job.not_before != before.not_before
        if moved or (later and not job.waited_for.startswith(("There is no", "Argument"))):
            return
        why = job.waited_for or job.reason or "nobody knows why"
        raise AssertionError(f"Job {job.pk} cannot start: {why}\n{words.listed([job])}")

    # --- what was scheduled ---

    @property
    def jobs(self) -> list[JobHandle]:
        """The jobs that this test has created, in this order, also those that have ended."""
        return [get(job.pk) for job in self._made()]

    def scheduled(self, target: str, /, **arguments: Any) -> JobHandle:
        """Return the one pending job that calls this target with these arguments, whatever others it has.

        Raises AssertionError, with all that there is, where there is none or more than one."""
        found = self.all_scheduled(target, **arguments)
        if len(found) == 1:
            return found[0]
        pending = self._pending()
        count = f"{len(found)} pending jobs call" if found else "No pending job calls"
        raise AssertionError(
            f"{count} {words.asked(target, arguments)}.{words.near(target, pending)} Pending are:\n"
            + words.listed(pending, target, arguments)
        )

    def all_scheduled(self, target: str, /, **arguments: Any) -> list[JobHandle]:
        """Return all pending jobs that call this target with these arguments, by their time; none is no failure."""
        found = [job for job in self._pending() if job.target == target and words.fits(job, arguments)]
        self._seen.update(job.pk for job in found)
        return [read(job, with_starts=False) for job in found]

    def nothing_scheduled(self) -> None:
        """Raise AssertionError, with what there is, where a job of this test is pending."""
        pending = self._pending()
        if pending:
            raise AssertionError(f"Nothing should be scheduled. Pending are:\n{words.listed(pending)}")

    # --- what nobody expects ---

    def fail_on_unexpected(self) -> None:
        """Have the test fail at its end where it has created a job that was neither run nor looked at by
        `scheduled`."""
        self._strict = True

    def finish(self) -> None:
        """End the test. Raises AssertionError for jobs that nobody has expected, where it is asked for."""
        if not self._strict:
            return
        left = [job for job in self._made() if job.pk not in self._seen]
        if left:
            raise AssertionError(f"Unexpected jobs, neither run nor asked for by scheduled():\n{words.listed(left)}")

    def _made(self) -> list[Job]:
        return list(Job.objects.for_people().filter(pk__gt=self._first).order_by("pk"))

    def _pending(self) -> list[Job]:
        pending = (job for job in self._made() if job.state == State.PENDING)
        return sorted(pending, key=lambda job: (job.due, job.pk))


def frozen(set_: Any) -> FrozenClock:
    """Stop the clock of this process; `set_` sets what is taken back after the test."""
    return FrozenClock(clock, set_)
