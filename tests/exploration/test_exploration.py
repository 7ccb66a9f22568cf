"""Hypothesis moves jobs, messages, beats, workers and the clock in any order it likes, on real PostgreSQL; after each
step the table must agree with model.py, and in the end, when nothing breaks any more, every job must have ended.

CI walks the same paths each time. Elsewhere they are new ones; the seed is printed, and EXPLORATION_SEED repeats it.
"""

from __future__ import annotations

import os
import random
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from jobs import rules, transitions
from jobs.conf import conf
from jobs.models import Attempt, Job
from jobs.models.querysets import LONGEST_BACK_OFF, OVERDUE_AFTER
from jobs.states import FINAL, State
from jobs.worker.runner import ARM_SLACK
from tests.exploration.model import ModelJob
from tests.exploration.world import LivingWorker, Running, World

EXAMPLES, STEPS = 80, 40
JOBS = 3
CI = bool(os.environ.get("CI"))

which = st.integers(0, 1)
pick = st.integers(0, 9)
seconds_ahead = st.sampled_from([0, 0.1, 0.5, 2, 8.9, 9, 12, 40])


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


class Exploration(RuleBasedStateMachine):
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

    # --- people and programs ---

    @precondition(lambda self: len(self.jobs) < JOBS)
    @rule(after=seconds_ahead, dies=st.booleans())
    def create(self, after, dies):
        run_at = self.world.now + seconds(after)
        job, _ = transitions.create(rules.NewJob("demo.noop", {}, run_at), now=self.world.now)
        self.world.commit(dies=dies)
        self.jobs[job.pk] = ModelJob(run_at)

    @precondition(lambda self: len(self.jobs) < JOBS)
    @rule(after=seconds_ahead)
    def create_by_sql(self, after):
        run_at = self.world.now + seconds(after)
        self.jobs[Job.objects.create(target="demo.noop", payload={}, run_at=run_at).pk] = ModelJob(run_at)

    def some_job(self, n: int) -> tuple[int, ModelJob]:
        return list(self.jobs.items())[n % len(self.jobs)]

    @precondition(lambda self: self.jobs)
    @rule(n=pick)
    def cancel(self, n):
        pk, model = self.some_job(n)
        assert transitions.cancel(pk, now=self.world.now, reason="").done == model.cancel()

    @precondition(lambda self: self.jobs)
    @rule(n=pick, after=seconds_ahead, dies=st.booleans())
    def reschedule(self, n, after, dies):
        pk, model = self.some_job(n)
        run_at = self.world.now + seconds(after)
        assert transitions.reschedule(pk, run_at=run_at, now=self.world.now).done == model.move(run_at)
        self.world.commit(dies=dies)

    @precondition(lambda self: self.jobs)
    @rule(n=pick, dies=st.booleans())
    def run_now(self, n, dies):
        pk, model = self.some_job(n)
        assert transitions.run_now(pk, now=self.world.now).done == model.move(self.world.now)
        self.world.commit(dies=dies)

    @precondition(lambda self: any(job.settled for job in self.jobs.values()))
    @rule(n=pick, dies=st.booleans())
    def retry(self, n, dies):
        pk, model = self.some_job(n)
        assert transitions.retry(pk, now=self.world.now).done == model.retry(self.world.now)
        self.world.commit(dies=dies)

    # --- the beats ---

    @rule(number=which, dies_at=st.sampled_from(["", "", "", "after-list", "after-mark", "after-publish"]))
    def tick(self, number, dies_at):
        epoch = self.world.beats[number].leader.epoch
        survived = self.world.tick(number, dies_at)
        self.see_what_was_rescued()
        beat = self.world.beats[number]
        if survived and beat.leader.leading and beat.leader.epoch == epoch and not beat.dispatcher.waiting:
            self.nothing_overdue_is_forgotten(since=beat._listed.start)

    @rule(number=which)
    def another_beat_leads(self, number):
        """It is elected while the old one, stopped, does not know."""
        self.world.beats[number].leader.step_down()
        self.world.tick(number)
        self.see_what_was_rescued()

    def see_what_was_rescued(self) -> None:
        """Rescue may take what a session held that no living worker has now, and nothing else."""
        living = {worker.session for worker in self.world.workers if not worker.stopped}
        for pk in Job.objects.filter(state=State.INTERRUPTED).values_list("pk", flat=True):
            if self.jobs[pk].state != State.INTERRUPTED:
                assert self.jobs[pk].holder not in living, "a living worker's job was taken"
                self.jobs[pk].interrupt()

    def nothing_overdue_is_forgotten(self, since) -> None:
        """What was overdue when the window was listed, and past its back-off, has a new mark."""
        for job in Job.objects.filter(state=State.PENDING, run_at__lt=since - OVERDUE_AFTER):
            back_off = min(conf().min_prepare_time * 0.75 * 2 ** (max(job.deliveries, 1) - 1), LONGEST_BACK_OFF)
            assert job.enqueued_at is None or job.enqueued_at >= since - seconds(back_off)

    # --- the broker ---

    @precondition(lambda self: self.world.broker.messages)
    @rule(n=pick)
    def lose_a_message(self, n):
        self.world.broker.messages.pop(n % len(self.world.broker.messages))

    @rule()
    def the_broker_loses_all(self):
        self.world.broker.messages.clear()

    @rule(away=st.booleans())
    def the_broker_goes_or_comes_back(self, away):
        self.world.broker.away = away

    # --- the workers ---

    @precondition(lambda self: self.world.broker.messages)
    @rule(number=which, n=pick, again=st.booleans())
    def deliver(self, number, n, again):
        """Any message whose timer has fired, in any order, and perhaps once more later."""
        worker = self.world.workers[number]
        ready = [m for m in self.world.broker.messages if m.run_at - seconds(conf().arm_lead) <= self.world.now]
        if ready and not worker.stopped:
            message = ready[n % len(ready)]
            if not again:
                self.world.broker.messages.remove(message)
            self.acquire(worker, message.id, message.version)

    def acquire(self, worker: LivingWorker, pk: int, version: int) -> None:
        due_before = self.world.now + seconds(conf().arm_lead) + ARM_SLACK
        started = transitions.acquire(
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

    @precondition(lambda self: any(worker.running for worker in self.world.workers))
    @rule(number=which, n=pick, failed=st.booleans())
    def go_on(self, number, n, failed):
        """Enter the body, or end: whichever comes next, also long after the job was settled by others."""
        worker = self.world.workers[number]
        if worker.running and not worker.stopped:
            running = worker.running[n % len(worker.running)]
            if running.entered_at is not None:
                self.finish(worker, running, State.FAILED if failed else State.COMPLETED)
            elif running.started.run_at <= self.world.now:
                self.enter(running)

    def enter(self, running: Running) -> None:
        running.entered_at = self.world.now
        model = self.jobs[running.started.job_id]
        model.enter(running.started.attempt, self.world.now, running.started.run_at)
        if model.starts == running.started.attempt and model.state == State.RUNNING:
            assert running.started.run_at == model.run_at, "a moved job runs at its new time"

    def finish(self, worker: LivingWorker, running: Running, outcome: State) -> None:
        worker.running.remove(running)
        held = transitions.finish(
            running.started, outcome=outcome, execute_at=running.entered_at, finished_at=self.world.now
        )
        assert held == self.jobs[running.started.job_id].finish(running.started.attempt, outcome)

    @rule(number=which)
    def crash(self, number):
        self.world.workers[number].be_born()

    @rule(number=which)
    def stop_or_wake(self, number):
        worker = self.world.workers[number]
        worker.stopped = not worker.stopped

    @rule(passed=st.sampled_from([0.05, 0.3, 1, 3, 10, 10, 45]))
    def time_passes(self, passed):
        self.world.forward(passed)

    # --- what must always be true ---

    @invariant()
    def the_table_agrees_with_the_model(self):
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

    # --- and what must be true in the end ---

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
        self.the_table_agrees_with_the_model()

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


@pytest.mark.django_db
def test_whatever_happens_no_job_is_lost_or_started_twice():
    number = int(os.environ.get("EXPLORATION_SEED") or random.randrange(2**32))
    print("the paths of CI" if CI else f"EXPLORATION_SEED={number}")  # noqa: T201 - shown with a failure
    run_state_machine_as_test(
        Exploration if CI else seed(number)(Exploration),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=CI,
            database=None,
            deadline=None,
            print_blob=not CI,
            suppress_health_check=list(HealthCheck),
        ),
    )
