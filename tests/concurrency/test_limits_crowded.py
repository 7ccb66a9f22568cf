"""Many writers, and many that wait, at the same limits: none deadlocks, none is forgotten, and none makes others slow."""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from jobs import transitions
from jobs.models import Job, Limit, Turn
from jobs.models.querysets.turns import OCCUPIED
from jobs.scheduler.turns import Turns
from jobs.states import State
from jobs.transitions import AcquireRequest, Ended, WorkerIdentity
from tests import starts
from tests.concurrency.steps import LATER, beside, finish, rows
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)
LASTS = float(os.environ.get("LIMITS_SECONDS") or 4)
SECOND = timedelta(seconds=1)
WORKER = WorkerIdentity("w@test", uuid.uuid4())
WRITERS = 20
KEYS = ["a", "b", "c"]
RUNNING = """
SELECT (SELECT count(*) FROM jobs_job WHERE state = 1),
    (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM jobs_job WHERE state = 1 GROUP BY key) AS k)
"""


class Crowd:
    """Writers that start, end, cancel, hurry and retry the same few jobs."""

    def __init__(self, jobs, until):
        self.jobs, self.until = jobs, until
        self.errors, self.most_running, self.most_of_a_key = [], 0, 0
        self.did = Counter()
        self.done = threading.Event()

    def watch(self):
        while not self.done.is_set():
            with connection.cursor() as cursor:
                cursor.execute(RUNNING)
                running, of_a_key = cursor.fetchone()
            self.most_running = max(self.most_running, running)
            self.most_of_a_key = max(self.most_of_a_key, of_a_key)

    def work(self):
        chance, mine = random.Random(), []
        while time.monotonic() < self.until:
            try:
                started = self.one(self.pick(chance), chance.random())
                self.did["asked"] += 1
                self.did["started"] += len(started)
                mine += started
                while len(mine) > chance.choice([0, 1]):
                    transitions.finish([Ended(mine.pop(), State.FAILED, NOW, NOW, "again")])
            except Exception as error:  # noqa: BLE001 - a deadlock, above all
                self.errors.append(error)
        for one in mine:
            transitions.finish([Ended(one, State.FAILED, NOW, NOW)])

    def pick(self, chance):
        """Half the time one whose turn has come, if there is any."""
        given = Turn.objects.filter(expires_at__isnull=False).values_list("job_id", flat=True)
        ids = list(given) if chance.random() < 0.5 else []
        return Job.objects.get(pk=chance.choice(ids or [job.pk for job in self.jobs]))

    def one(self, job, what):
        if what < 0.6 and job.state == State.PENDING:
            wanted = [AcquireRequest(job.pk, job.version, uuid.uuid4())]
            return transitions.acquire(wanted, worker=WORKER, now=NOW + SECOND, due_before=LATER, sharing=True).started
        if what < 0.7:
            transitions.cancel(job.pk, now=NOW, reason="")
        elif what < 0.8:
            transitions.run_now(job.pk, now=NOW)
        elif job.state in (State.CANCELLED, State.FAILED):
            transitions.retry(job.pk, now=NOW)
        return []


def deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def test_a_queue_limit_and_a_key_limit_on_one_job_never_deadlock_and_forget_nobody():
    """For 4 s; for LIMITS_SECONDS=60 see docs/performance.md."""
    before = deadlocks()
    Limit.objects.create(name="mail", concurrency=4)
    jobs = [rows(1, queue="mail", key=KEYS[n % 3])[0] for n in range(60)]
    crowd = Crowd(jobs, time.monotonic() + LASTS)
    watching = beside(crowd.watch)
    for future in [beside(crowd.work) for _ in range(WRITERS)]:
        future.result(LASTS + 60)
    crowd.done.set()
    watching.result(10)
    # Shown with -s.
    print(f"{WRITERS} writers, {LASTS:g} s: {dict(crowd.did)}, {deadlocks() - before} deadlocks")  # noqa: T201
    assert crowd.errors == []
    assert deadlocks() == before
    assert 1 <= crowd.most_running <= 4
    assert crowd.most_of_a_key == 1
    assert not Job.objects.running().exists()
    sweep = Turns()
    while Job.objects.pending().exists():
        sweep(now=NOW)
        free = list(Job.objects.pending().filter(holds=0))
        assert free, "somebody was forgotten"
        for job in free:
            by = {"worker": WORKER, "token": uuid.uuid4(), "now": NOW + SECOND, "due_before": LATER}
            started = starts.acquire(job.pk, job.version, **by)
            if started is not None:
                finish(started)
    assert not Turn.objects.exists()


def test_a_start_and_an_end_read_as_much_with_many_waiting_as_with_few():
    """Pages, since time is the machine's."""
    Limit.objects.create(name="mail", concurrency=2)
    pages = {}
    for waiting in (10, 20_000):
        Job.objects.all().delete()
        with connection.cursor() as cursor:
            for hold, queue, key in ((16, "mail", None), (8, "other", "pay")):
                cursor.execute(
                    "INSERT INTO jobs_job (target, payload, queue, key, run_at, holds)"
                    " SELECT 'demo.noop', '{}', %s, %s, %s + i * interval '1 ms', %s FROM generate_series(1, %s) i",
                    [queue, key, NOW, hold, waiting],
                )
            cursor.execute("VACUUM ANALYZE jobs_job")
        for kind, name in (("queue", "mail"), ("key", "pay")):
            pages[kind, waiting] = _pages(kind, name)
    for kind in ("queue", "key"):
        assert pages[kind, 20_000] <= pages[kind, 10] + 6, pages


def _pages(kind, name):
    with connection.cursor() as cursor:
        values = {"kinds": [kind], "names": [name], "now": NOW}
        for _ in range(2):
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {OCCUPIED}", values)
            plan = cursor.fetchone()[0][0]["Plan"]
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
