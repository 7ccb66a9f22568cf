"""What one step does to the world and to the model at once, and what must be true after it."""

from __future__ import annotations

import uuid
from datetime import datetime

import pytest
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from hypothesis.stateful import RuleBasedStateMachine

from jobs import transitions
from jobs.conf import conf
from jobs.models import Attempt, Job, Kind, Turn
from jobs.models.querysets import LONGEST_BACK_OFF, OVERDUE_AFTER, Listed
from jobs.states import FINAL, Hold, State
from jobs.transitions import Acquired, AcquireRequest
from jobs.transitions.limits import overtaken, pausing
from jobs.transitions.limits.names import Name
from jobs.transitions.limits.pausing import ANSWERED_AFTER
from jobs.worker.arm.acquisition import ARM_SLACK
from tests import starts
from tests.conftest import seconds
from tests.exploration.model import NEAR, ModelJob, ModelLimits
from tests.exploration.world import LivingWorker, Running, World

QUEUE = Name(Kind.QUEUE, "default")  # of all jobs


class Steps(RuleBasedStateMachine):
    """The rules of test_exploration.py are built of these."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.patch = pytest.MonkeyPatch()
        self.world = World(self.patch)
        self.jobs: dict[int, ModelJob] = {}
        self.limits = ModelLimits()

    def teardown(self) -> None:
        try:
            self.settle_everything()
        finally:
            self.patch.undo()
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def acquire(self, worker: LivingWorker, message: Listed, *, dies: bool = False) -> None:
        """One message. `dies`: whoever is to look at the limits afterwards does."""
        now, model = self.world.now, self.jobs[message.id]
        due_before = now + seconds(conf().arm_lead) + ARM_SLACK
        by = {"worker": worker.heart.identity, "now": now, "due_before": due_before}
        wanted = AcquireRequest(message.id, message.version, uuid.uuid4())
        # An older message of one that stands in a line by now, or has a later moment.
        waits = Job.objects.filter(Q(not_before__gte=due_before) | ~Q(holds=0), pk=message.id).exists()
        got = transitions.acquire([wanted], **by)
        assert not got.limited or model.key is not None or self.limits.queue_limited
        if shares := bool(got.limited):
            got = transitions.acquire(got.limited, sharing=True, **by)
        if got.started or not shares:
            (started,) = got.started or [None]
            if shares:
                late = now > started.due + seconds(NEAR)
                self.limits.check(model, self.jobs.values(), max(now, started.due), late=late)
            expected = None if waits else model.acquire(message.version, worker.session, due_before)
            assert (started and started.attempt) == expected
            if started:
                worker.running.append(Running(started, now))
        else:
            self.not_now(message, got)
        self.world.commit(dies=dies)

    def not_now(self, message: Listed, got: Acquired) -> None:
        """Its limits do not let it start. It is judged again at its time, or stands in a line, or has a moment, or is
        skipped for good."""
        assert not got.busy, "nobody else has the locks"
        job, model = Job.objects.get(pk=message.id), self.jobs[message.id]
        if got.early:
            ((_, due),) = got.early
            assert due > self.world.now
            self.world.broker.messages.append(message._replace(run_at=due))
        elif job.state == State.SKIPPED:
            model.skip()
        else:
            assert job.held_by & (Hold.KEY | Hold.QUEUE) or job.not_before > self.world.now

    def is_held_back(self, running: Running) -> bool:
        """A worker that has taken the row long ago asks before it enters the body: see `wait` in jobs/worker/run/runner.py."""
        if self.world.now - running.begun <= seconds(ANSWERED_AFTER):
            return False
        if not overtaken.is_over(running.started, now=self.world.now):
            return False
        self.jobs[running.started.job_id].hold_back(running.started.attempt)
        self.world.commit(dies=False)
        return True

    def enter(self, worker: LivingWorker, running: Running) -> None:
        """Enter the body, unless a pause was answered, or the job was settled, in the meantime."""
        if self.is_held_back(running):
            worker.running.remove(running)
            return
        assert not self.limits.paused, "a pause that was answered"
        running.entered_at = self.world.now
        model = self.jobs[running.started.job_id]
        model.enter(running.started.attempt, self.world.now, running.started.run_at)
        if model.starts == running.started.attempt and model.state == State.RUNNING:
            assert running.started.run_at == model.run_at, "a moved job runs at its new time"

    def finish(self, worker: LivingWorker, running: Running, outcome: State, *, dies: bool = False) -> None:
        worker.running.remove(running)
        held = starts.finish(
            running.started, outcome=outcome, execute_at=running.entered_at, finished_at=self.world.now
        )
        assert held == self.jobs[running.started.job_id].finish(running.started.attempt, outcome)
        self.world.commit(dies=dies)

    def see_what_was_rescued(self) -> None:
        """Rescue may take what a session held that no living worker has now, and nothing else."""
        living = {worker.session for worker in self.world.workers if not worker.stopped}
        for pk in Job.objects.filter(state=State.INTERRUPTED).values_list("pk", flat=True):
            if self.jobs[pk].state != State.INTERRUPTED:
                assert self.jobs[pk].holder not in living, "a living worker's job was taken"
                self.jobs[pk].interrupt()

    def nothing_overdue_is_forgotten(self, since: datetime) -> None:
        """What was overdue when the window was listed, and past its back-off, has a new mark."""
        listed = Job.objects.filter(state=State.PENDING, holds=0).alias(due_at=Coalesce("not_before", "run_at"))
        for job in listed.filter(due_at__lt=since - OVERDUE_AFTER):
            back_off = min(conf().min_prepare_time * 0.75 * 2 ** (max(job.deliveries, 1) - 1), LONGEST_BACK_OFF)
            assert job.enqueued_at is None or job.enqueued_at >= since - seconds(back_off)

    def compare(self) -> None:
        """The table and the ledger say what the model says, and each state has its timestamps."""
        attempts: dict[int, list[Attempt]] = {}
        for attempt in Attempt.objects.order_by("number"):
            attempts.setdefault(attempt.job_id, []).append(attempt)
        jobs = list(Job.objects.all())
        for job in jobs:
            model, starts = self.jobs[job.pk], attempts.get(job.pk, [])
            assert (job.state, job.version, job.run_at) == (model.state, model.version, model.run_at)
            assert job.attempt == model.starts == len(starts)
            assert [a.number for a in starts] == list(range(1, len(starts) + 1))
            is_open = [a.number for a in starts if a.outcome is None]
            assert is_open == ([job.attempt] if job.state == State.RUNNING else [])
            assert (job.finished_at is not None) == (job.state in FINAL)
            if job.state in (State.PENDING, State.CANCELLED):
                assert job.locked_at is job.execute_at is None
            if job.state == State.COMPLETED:
                assert job.run_at <= job.execute_at <= job.finished_at
            if job.enqueued_at is not None and job.state == State.PENDING:
                assert job.deliveries >= 1
        self.compare_places(jobs)

    def compare_places(self, jobs: list[Job]) -> None:
        """Who runs has its places; whoever has ended, or waits in a line, has none."""
        places: dict[int, list[Turn]] = {}
        for place in Turn.objects.all():
            places.setdefault(place.job_id, []).append(place)
        for job in jobs:
            mine = places.pop(job.pk, [])
            if job.state == State.RUNNING:
                assert all(place.expires_at is None for place in mine)
                assert job.key is None or "key" in {place.kind for place in mine}
            else:
                assert not mine or job.state == State.PENDING, "everything that ends gives back"
                assert all(place.expires_at is not None for place in mine)
        assert not places

    def settle_everything(self) -> None:
        """From now on nothing breaks. Every job ends, no later than its back-off allows."""
        world = self.world
        world.broker.away = False
        for worker in world.workers:
            worker.stopped = False
        if self.limits.paused:
            self.limits.paused = False
            pausing.resume(QUEUE, now=world.now)
            world.commit(dies=False)
        longest = max([job.deliveries for job in Job.objects.filter(state=State.PENDING)], default=0)
        limit = 12 + 3 * len(self.jobs) + min(int(0.75 * 2**longest), 360)  # one after the other, of one key
        for _ in range(limit):
            if all(job.settled for job in self.jobs.values()):
                break
            world.forward(conf().min_prepare_time)
            world.tick(0)
            self.see_what_was_rescued()
            self.work_everything_off()
        assert {pk for pk, job in self.jobs.items() if not job.settled} == set(), "lost"
        self.compare()

    def work_everything_off(self) -> None:
        worker = self.world.workers[0]
        for message in list(self.world.broker.messages):
            if message.run_at <= self.world.now:
                self.world.broker.messages.remove(message)
                self.acquire(worker, message)
        for each in self.world.workers:
            for running in list(each.running):
                if running.entered_at is None and running.started.run_at <= self.world.now:
                    self.enter(each, running)
                if running.entered_at is not None:
                    self.finish(each, running, State.COMPLETED)
