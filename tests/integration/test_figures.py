"""Figures of the past are what the ledger says, stretch by stretch, whenever the beat that counts them is killed or
stopped."""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import contextmanager
from itertools import pairwise

import psutil
import psycopg
import pytest
from django.db import connection

from jobs.installation import known
from jobs.models import Leadership
from jobs.models.rollups import OTHER, STEPS
from launcher.process import send
from tests.integration.conftest import EXACTLY_ONCE, all_final, database_url, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

QUEUES = ("default", "mail")
BEATS = ("beat-1", "beat-2", "beat-3")
A_ROUND = 150  # jobs
TURN = 3.0  # seconds in which a new leader has looked for what is to be counted

LOAD = """
INSERT INTO jobs_job (target, payload, queue, run_at)
SELECT (ARRAY['demo.noop', 'demo.sleep', 'demo.fail'])[1 + n %% 3],
    (ARRAY['{}', '{"seconds": 0.02}', '{}'])[1 + n %% 3]::jsonb, (ARRAY['default', 'mail'])[1 + n %% 2],
    now() + n * interval '1 s' * %s / %s
FROM generate_series(1, %s) AS n
"""
# Kinds as in the statement that counts: 0 starts, 2, 3 and 5 outcomes, 8 delays, 9 durations.
LEDGER = """
SELECT step, date_bin(step * interval '1 s', at, 'epoch'), queue, target, kind, count(*)
FROM unnest(%s::int[]) AS step CROSS JOIN (
    SELECT job.queue, job.target, one.at, one.kind
    FROM jobs_attempt AS start JOIN jobs_job AS job ON job.id = start.job_id CROSS JOIN LATERAL (
        VALUES (start.locked_at, 0), (start.finished_at, outcome), (CASE WHEN outcome > 0 THEN started_at END, 8),
            (CASE WHEN started_at IS NOT NULL THEN start.finished_at END, 9)
    ) AS one (at, kind) WHERE at IS NOT NULL
) AS seen
GROUP BY 1, 2, 3, 4, 5
"""
FIGURES = """
SELECT step, at, queue, target, kind, n
FROM jobs_rollup JOIN jobs_series ON id = series_id CROSS JOIN LATERAL (
    VALUES (0, starts), (2, completed), (3, failed), (5, interrupted), (8, delays), (9, durations)
) AS one (kind, n) WHERE n > 0
"""
SAMPLES = "SELECT step, at, samples FROM jobs_rollupqueue WHERE series_id = %s ORDER BY step, at"
COUNTING = "state = 'active' AND query LIKE '%%jobs_rollupposition%%'"


def ask(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def counted(sql, *values):
    return Counter({tuple(row[:-1]): row[-1] for row in ask(sql, *values)})


def turn():
    return next(iter(ask("SELECT turn FROM jobs_rollupposition")), (0,))[0]


def wait_for_turns(number):
    until = turn() + number
    wait_for(lambda: turn() >= until, f"{number} more turns to be counted")


@contextmanager
def hours_held():
    """Who counts waits with its shorter stretches written and that of the hour not. Yields what to ask for the sessions
    that wait."""
    with psycopg.connect(database_url()) as session:

        def waiting():
            session.execute("SELECT FROM jobs_rollup WHERE step = 3600 ORDER BY at, series_id FOR UPDATE")
            found = ask(f"SELECT pid FROM pg_stat_activity WHERE {COUNTING} AND wait_event_type = 'Lock'")
            return [pid for (pid,) in found]

        yield waiting
        session.rollback()


class Beats:
    """Beats of which one leads; another stands in for each that is killed."""

    def __init__(self, cluster):
        self.cluster, self.number = cluster, 0
        for _ in range(2):
            self.another()

    def another(self):
        self.number += 1
        self.cluster.beat(f"beat-{self.number}")

    def holder(self):
        return Leadership.lock_holder(known.read().lock)

    def leader(self):
        """The name of the process whose session holds the lock."""
        return wait_for(self._leader, "a beat to lead")

    def _leader(self):
        held = self.holder()
        port = ask("SELECT client_port FROM pg_stat_activity WHERE pid = %s", held.pid) if held else []
        for name, process in self.cluster.processes.items():
            if port and name.startswith("beat"):
                sockets = psutil.Process(process.pid).net_connections("tcp")
                if any(one.laddr and one.laddr.port == port[0][0] for one in sockets):
                    return name
        return None

    def strike(self, number):
        """Kill the leader, or stop it, and wait for its successor to lead. Returns its process."""
        name, held = self.leader(), self.holder()
        process = self.cluster.processes.pop(name)
        send(process, number)
        if number is signal.SIGKILL:
            process.wait()
            self.another()
        else:
            self.cluster.processes[f"stopped {name}"] = process  # who cleans up finds it
        wait_for(lambda: (now := self.holder()) and now != held, "another beat to lead")
        return process

    def wake(self, process):
        (name,) = [name for name, one in self.cluster.processes.items() if one is process]
        self.cluster.processes[name.removeprefix("stopped ")] = self.cluster.processes.pop(name)
        send(process, signal.SIGCONT)


def killed_half_way(beats):
    """The server goes on with the statement of a client that is gone, and adds all of it."""
    with hours_held() as waiting:
        wait_for(waiting, "a leader that counts")
        beats.strike(signal.SIGKILL)
        time.sleep(TURN)


def killed_half_way_with_its_session(beats):
    with hours_held() as waiting:
        pid = wait_for(waiting, "a leader that counts")[0]
        beats.strike(signal.SIGKILL)
        ask("SELECT pg_terminate_backend(%s)", pid)
        wait_for(lambda: pid not in waiting(), "its session to end")
        time.sleep(TURN)


def stopped_half_way(beats):
    """It hears of what it has added when another has added more."""
    with hours_held() as waiting:
        wait_for(waiting, "a leader that counts")
        process = beats.strike(signal.SIGSTOP)
        time.sleep(TURN)
    wait_for_turns(2)
    beats.wake(process)


def killed_after_it(beats):
    wait_for_turns(1)
    beats.strike(signal.SIGKILL)


def stopped_between(beats):
    process = beats.strike(signal.SIGSTOP)
    wait_for_turns(1)
    beats.wake(process)


STRIKES = (killed_half_way, stopped_half_way, killed_after_it, killed_half_way_with_its_session, stopped_between)


def load(seconds):
    ask(LOAD, seconds, A_ROUND, A_ROUND)


def test_no_stretch_is_missing_or_doubled_whenever_the_leader_dies(cluster):
    beats = Beats(cluster)
    cluster.workers("w1", "w2", slots=4, queues=",".join(QUEUES))
    wait_for(turn_is_there, "the first leader to begin to count")
    load(8.0)
    wait_for(lambda: ask("SELECT at FROM jobs_rollup WHERE step = 3600"), "the first stretches")
    for strike in STRIKES:
        load(12.0)
        strike(beats)
    with connection.cursor() as cursor:  # interrupted
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at) SELECT 'demo.sleep', '{\"seconds\": 600}', now()"
            " FROM generate_series(1, 2)"
        )
    wait_for(lambda: ask("SELECT id FROM jobs_job WHERE state = 1 AND payload = '{\"seconds\": 600}'"), "a long body")
    cluster.stop("w1", signal.SIGKILL)
    cluster.stop("w2", signal.SIGKILL)
    cluster.worker("w3", slots=4, queues=",".join(QUEUES))
    wait_for(all_final, "all jobs to end")
    wait_for_turns(2)

    starts = ask("SELECT count(*), count(DISTINCT job_id) FROM jobs_attempt")[0]
    assert starts == (len(STRIKES) * A_ROUND + A_ROUND + 2,) * 2, EXACTLY_ONCE
    ledger = counted(LEDGER, list(STEPS))
    assert {kind for *_, kind in ledger} == {0, 2, 3, 5, 8, 9}
    figures = counted(FIGURES)
    assert (figures - ledger, ledger - figures) == (Counter(), Counter()), "doubled, and missing"
    samples = {step: {at: n for one, at, n in ask(SAMPLES, OTHER) if one == step} for step in STEPS}
    assert set(samples[10].values()) == {1}
    assert {sum(one.values()) for one in samples.values()} == {len(samples[10])}
    moments = sorted(samples[10])
    assert {(after - before).total_seconds() for before, after in pairwise(moments)} == {10.0}


def turn_is_there():
    return ask("SELECT turn FROM jobs_rollupposition")
