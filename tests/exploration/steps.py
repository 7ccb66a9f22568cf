"""What one step does to the world and to the model at once, and what must be true after it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine

from jobs.conf import conf
from jobs.models import Attempt, Job
from jobs.models.querysets import LONGEST_BACK_OFF, OVERDUE_AFTER
from jobs.states import FINAL, State
from jobs.worker.arming.claims import ARM_SLACK
from tests import starts
from tests.exploration.model import ModelJob
from tests.exploration.world import LivingWorker, Running, World


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


class Steps(RuleBasedStateMachine):
    """The rules of test_exploration.py are built of these."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.patch = pytest.MonkeyPatch()
        self.world = World(self.patch)
        self.jobs: dict[int, ModelJob] = {}

    def teardown(self) -> None:
        try:
            self.settle_everything()
        finally:
            self.patch.undo()
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def acquire(self, worker: LivingWorker, pk: int, version: int) -> None:
        due_before = self.world.now + seconds(conf().arm_lead) + ARM_SLACK
        started = starts.acquire(
            pk,
            version,
            worker=worker.heart.identity,
            token=uuid.uuid4(),
            now=self.world.now,
            due_before=due_before,
        )
        expected = self.jobs[pk].acquire(version, worker.session, due_before)
        assert (started and started.attempt) == expected
        if started:
            worker.running.append(Running(started))

    def enter(self, running: Running) -> None:
        running.entered_at = self.world.now
        model = self.jobs[running.started.job_id]
        model.enter(running.started.attempt, self.world.now, running.started.run_at)
        if model.starts == running.started.attempt and model.state == State.RUNNING:
            assert running.started.run_at == model.run_at, "a moved job runs at its new time"

    def finish(self, worker: LivingWorker, running: Running, outcome: State) -> None:
        worker.running.remove(running)
        held = starts.finish(
            running.started, outcome=outcome, execute_at=running.entered_at, finished_at=self.world.now
        )
        assert held == self.jobs[running.started.job_id].finish(running.started.attempt, outcome)

    def see_what_was_rescued(self) -> None:
        """Rescue may take what a session held that no living worker has now, and nothing else."""
        living = {worker.session for worker in self.world.workers if not worker.stopped}
        for pk in Job.objects.filter(state=State.INTERRUPTED).values_list("pk", flat=True):
            if self.jobs[pk].state != State.INTERRUPTED:
                assert self.jobs[pk].holder not in living, "a living worker's job was taken"
                self.jobs[pk].interrupt()

    def nothing_overdue_is_forgotten(self, since: datetime) -> None:
        """What was overdue when the window was listed, and past its back-off, has a new mark."""
        for job in Job.objects.filter(state=State.PENDING, run_at__lt=since - OVERDUE_AFTER):
            back_off = min(conf().min_prepare_time * 0.75 * 2 ** (max(job.deliveries, 1) - 1), LONGEST_BACK_OFF)
            assert job.enqueued_at is None or job.enqueued_at >= since - seconds(back_off)

    def compare(self) -> None:
        """The table and the ledger say what the model says, and each state has its timestamps."""
        attempts: dict[int, list[Attempt]] = {}
        for attempt in Attempt.objects.order_by("number"):
            attempts.setdefault(attempt.job_id, []).append(attempt)
        for job in Job.objects.all():
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

    def settle_everything(self) -> None:
        """From now on nothing breaks. Every job ends, no later than its back-off allows."""
        world = self.world
        world.broker.away = False
        for worker in world.workers:
            worker.stopped = False
        longest = max([job.deliveries for job in Job.objects.filter(state=State.PENDING)], default=0)
        limit = 12 + min(int(0.75 * 2**longest), 360)
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
                self.acquire(worker, message.id, message.version)
        for each in self.world.workers:
            for running in list(each.running):
                if running.entered_at is None and running.started.run_at <= self.world.now:
                    self.enter(running)
                if running.entered_at is not None:
                    self.finish(each, running, State.COMPLETED)
