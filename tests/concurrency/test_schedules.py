"""Schedules under contention: whoever comes second leaves it to the first or to the leader, and nothing is made twice."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client

from jobs import transitions
from jobs.models import Job, Occurrence, Schedule
from jobs.states import Hold, State
from jobs.transitions.schedules import definitions, single
from tests.api.conftest import bearer
from tests.api.schedules import BODY, JSON, URL
from tests.concurrency.steps import PATIENCE, TOGETHER, at_once, beside
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import acquire, again, finish, make, minutes, next_job, sweep

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = NOW.replace(minute=5, second=0)


def test_of_a_start_and_leaders_one_makes_the_successor():
    for number in range(10):
        schedule = make(name=f"s{number}")
        job = next_job(schedule)
        at_once(lambda do: do(), [lambda job=job: acquire(job, now=FIRST), *[lambda: sweep(FIRST)] * 3])
        made = Counter(Occurrence.objects.filter(schedule=schedule).values_list("nominal_at", flat=True))
        assert made == {FIRST: 1, FIRST + minutes(5): 1}
        assert Job.objects.filter(schedule=schedule).count() == 2
        job.refresh_from_db()
        assert job.state == State.RUNNING


def test_one_request_that_comes_several_times_at_once_makes_one(admin_user):
    callers = [bearer(admin_user) for _ in range(TOGETHER)]
    for number in range(5):
        body, key = {**BODY, "name": f"s{number}"}, {"Idempotency-Key": f"k{number}"}
        send = partial(Client.post, path=URL, data=body, content_type=JSON, headers=key)
        answers = at_once(send, callers)
        assert sorted(answer.status_code for answer in answers) == [*[200] * (TOGETHER - 1), 201]
        assert {answer.json()["id"] for answer in answers} == {Schedule.objects.get(name=f"s{number}").pk}


def test_a_schedule_that_somebody_has_locked_is_left_to_the_leader():
    schedule = make()
    has, go = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Schedule.objects.select_for_update().get(pk=schedule.pk)
            has.set()
            go.wait(PATIENCE)

    holder = beside(hold)
    assert has.wait(PATIENCE)
    assert acquire(next_job(schedule), now=FIRST) is not None
    assert again(schedule).next_at == FIRST
    assert sweep(FIRST) == 0
    go.set()
    holder.result(PATIENCE)
    assert sweep(FIRST) == 1
    assert next_job(schedule).nominal_at == FIRST + minutes(5)


def test_an_edit_beside_a_start_waits_for_nobody_for_ever():
    """The editor has the schedule and wants the row of its job; who starts that job has its row, and passes by."""
    for number in range(10):
        schedule = make(name=f"s{number}")
        job = next_job(schedule)
        started, changed = at_once(
            lambda do: do(),
            [
                lambda job=job: acquire(job, now=FIRST - seconds(0.2)),
                lambda pk=schedule.pk: definitions.change_schedule(
                    pk, {"expression": "*/7 * * * *"}, by=None, now=FIRST - seconds(0.2)
                ),
            ],
        )
        assert changed.done
        sweep(FIRST)
        pending = Job.objects.filter(schedule=schedule, state=State.PENDING)
        assert [one.pk for one in pending] == [again(schedule).next_job_id]
        assert pending.get().nominal_at in (FIRST + minutes(2), FIRST + minutes(9))
        job.refresh_from_db()
        assert job.state == (State.CANCELLED if started is None else State.RUNNING)


class Crowd:
    """Workers, leaders and people who do whatever they like to a few schedules, as time goes on."""

    def __init__(self, seed: int, schedules: list[Schedule]) -> None:
        self.random = random.Random(seed)
        self.schedules = schedules
        self.now = NOW
        self.lock = threading.Lock()

    def one(self, number: int) -> None:
        for _ in range(25):
            with self.lock:
                self.now += timedelta(seconds=self.random.choice([1, 20, 60, 200]))
                now, schedule = self.now, self.random.choice(self.schedules)
                do = self.random.choice([self.start] * 5 + [sweep] * 2 + self.people())
            try:
                do(now) if do is sweep else do(schedule, now)
            except OperationalError as error:
                if "deadlock" in str(error):
                    raise AssertionError("a deadlock") from error
                raise

    def start(self, schedule, now):
        job = Job.objects.filter(schedule=schedule, state=State.PENDING, run_at__lte=now).order_by("?").first()
        if job is not None:
            started = acquire(job, now=now)
            if started is not None:
                finish(started, now=now)

    def people(self):
        return [self.cancel, self.edit, self.pause, self.resume, self.skip, self.lose]

    def cancel(self, schedule, now):
        job = Job.objects.filter(schedule=schedule, state=State.PENDING).order_by("?").first()
        if job is not None:
            transitions.cancel(job.pk, now=now, reason="x")

    def edit(self, schedule, now):
        definitions.change_schedule(schedule.pk, {"expression": f"*/{now.minute % 7 + 1} * * * *"}, by=None, now=now)

    def pause(self, schedule, now):
        until = None if now.second % 2 else now + minutes(20)
        definitions.pause_schedule(schedule.pk, until=until, reason="x", by=None, now=now)

    def resume(self, schedule, now):
        definitions.resume_schedule(schedule.pk, by=None, now=now)

    def skip(self, schedule, now):
        found = again(schedule)
        if found.next_at is not None:
            single.skip_run(schedule.pk, found.next_at, reason="x", by=None, now=now)

    def lose(self, schedule, now):
        """By SQL: what comes next is deleted."""
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM jobs_job USING jobs_schedule s WHERE s.id = %s AND jobs_job.id = s.next_job_id "
                "AND jobs_job.state = 0 AND jobs_job.attempt = 0",
                [schedule.pk],
            )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_many_do_at_once_each_schedule_has_one_run_ahead(seed):
    schedules = [make(name=f"s{number}", overlap="queue") for number in range(3)]
    crowd = Crowd(seed, schedules)
    at_once(crowd.one, range(TOGETHER))
    now = crowd.now + minutes(60)
    for schedule in schedules:
        if again(schedule).paused_at is not None:
            definitions.resume_schedule(schedule.pk, by=None, now=now)
    for _ in range(5):
        sweep(now)
    for schedule in schedules:
        found = again(schedule)
        ahead = Job.objects.filter(schedule=schedule, state=State.PENDING, nominal_at__gt=now)
        assert [job.pk for job in ahead] == [found.next_job_id], found.problem
        assert ahead.get().nominal_at == found.next_at
        of_each = Counter(Job.objects.filter(schedule=schedule).values_list("nominal_at", flat=True))
        assert max(of_each.values()) == 1, "two jobs for one nominal time"
        assert not Job.objects.filter(schedule=schedule).exclude(
            pk__in=Occurrence.objects.filter(schedule=schedule, job_id__isnull=False).values("job_id")
        )


def test_a_held_run_and_two_leaders_make_one_successor():
    schedule = make(overlap="queue")
    Job.objects.update(holds=Hold.APPROVAL)
    at_once(sweep, [FIRST] * TOGETHER)
    assert Job.objects.pending().count() == 2
    assert next_job(schedule).nominal_at == FIRST + minutes(5)
