"""Hypothesis moves jobs, messages, beats, workers and the clock in any order it likes, on real PostgreSQL; after each
step the table must agree with model.py, and in the end, when nothing breaks any more, every job must have ended.

CI walks the same paths each time. Elsewhere they are new ones; the seed is printed, and EXPLORATION_SEED repeats it.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from jobs import rules, transitions
from jobs.conf import conf
from jobs.models import Job, Turn
from jobs.states import Overlap, State
from jobs.transitions.changing import IN_LINE
from jobs.transitions.limits import pausing
from jobs.transitions.limits.pausing import ANSWERED_AFTER
from tests.conftest import seconds
from tests.exploration.model import ModelJob
from tests.exploration.steps import QUEUE, Steps

EXAMPLES, STEPS = 150, 40
JOBS = 3
CI = bool(os.environ.get("CI"))

which = st.integers(0, 1)
pick = st.integers(0, 9)
keys = st.sampled_from([None, "a", "a", "b"])
seconds_ahead = st.sampled_from([0, 0.1, 0.5, 2, 8.9, 9, 12, 40])


class Exploration(Steps):
    # --- people and programs ---

    @precondition(lambda self: len(self.jobs) < JOBS)
    @rule(after=seconds_ahead, dies=st.booleans(), key=keys, skips=st.booleans())
    def create(self, after, dies, key, skips):
        run_at = self.world.now + seconds(after)
        overlap = Overlap.SKIP if skips else Overlap.QUEUE
        new = rules.NewJob("demo.noop", {}, run_at, key=key, overlap=overlap)
        job, _ = transitions.create(new, now=self.world.now)
        self.world.commit(dies=dies)
        self.jobs[job.pk] = ModelJob(run_at, key=key, skips=skips)

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
        self.world.commit(dies=False)

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
        job, now = Job.objects.get(pk=pk), self.world.now
        waits = bool(job.held_by & IN_LINE) or Turn.objects.filter(job_id=pk).exists()
        keeps_place = waits and job.run_at <= now
        assert transitions.run_now(pk, now=now).done == model.hurry(now, keeps_place=keeps_place)
        self.world.commit(dies=dies)

    @precondition(lambda self: any(job.settled for job in self.jobs.values()))
    @rule(n=pick, dies=st.booleans())
    def retry(self, n, dies):
        pk, model = self.some_job(n)
        assert transitions.retry(pk, now=self.world.now, reason="it must be done").done == model.retry(self.world.now)
        self.world.commit(dies=dies)

    # --- the limits ---

    @rule(concurrency=st.sampled_from([None, 1, 2]), rate=st.sampled_from([None, None, 0.2, 2.0]), dies=st.booleans())
    def limit(self, concurrency, rate, dies):
        pausing.limit(QUEUE, now=self.world.now, concurrency=concurrency, rate=rate, burst=1)
        self.limits.concurrency, self.limits.rate, self.limits.started = concurrency, rate, []
        self.world.commit(dies=dies)

    @rule()
    def pause(self):
        pausing.pause(QUEUE, now=self.world.now, reason="")
        self.world.forward(ANSWERED_AFTER + 0.001)  # after its commit, which is later than what was read before it
        self.limits.paused = True

    @rule(dies=st.booleans())
    def resume(self, dies):
        pausing.resume(QUEUE, now=self.world.now)
        self.limits.paused = False
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
    @rule(number=which, n=pick, again=st.booleans(), dies=st.booleans())
    def deliver(self, number, n, again, dies):
        """Any message whose timer has fired, in any order, and perhaps once more later."""
        worker = self.world.workers[number]
        ready = [m for m in self.world.broker.messages if m.run_at - seconds(conf().arm_lead) <= self.world.now]
        if ready and not worker.stopped:
            message = ready[n % len(ready)]
            if not again:
                self.world.broker.messages.remove(message)
            self.acquire(worker, message, dies=dies)

    @precondition(lambda self: any(worker.running for worker in self.world.workers))
    @rule(number=which, n=pick, failed=st.booleans(), dies=st.booleans())
    def go_on(self, number, n, failed, dies):
        """Enter the body, or end: whichever comes next, also long after the job was settled by others."""
        worker = self.world.workers[number]
        if worker.running and not worker.stopped:
            running = worker.running[n % len(worker.running)]
            if running.entered_at is not None:
                self.finish(worker, running, State.FAILED if failed else State.COMPLETED, dies=dies)
            elif running.started.run_at <= self.world.now:
                self.enter(worker, running)

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

    @invariant()
    def the_table_agrees_with_the_model(self):
        self.compare()


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
