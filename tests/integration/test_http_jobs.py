"""HTTP jobs on real workers: each request once, connections shared, another start where that was asked for."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.states import State
from tests.http.server import serving
from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]

JOBS = 500
WORKERS, SLOTS = 2, 10


@pytest.fixture
def server():
    with serving() as server:
        yield server


def test_many_at_one_instant_share_connections_and_are_sent_once(cluster, server):
    cluster.beat()
    for number in range(WORKERS):
        cluster.launch(f"w{number}", slots=SLOTS, JOBS_HTTP_ALLOW="127.0.0.1,::1")
    cluster.ready(*(f"w{number}" for number in range(WORKERS)))
    now = clock.now()
    new = rules.check_new_job(
        target="http", payload={"url": f"{server.url}/ok"}, run_at=now + timedelta(seconds=5), now=now
    )
    transitions.create_many([new] * JOBS, now=now)
    wait_for(all_final, "all jobs to end")
    assert set(Job.objects.values_list("state", flat=True)) == {State.COMPLETED}
    asked = Counter(seen.headers["job-id"] for seen in server.counts.requests)
    assert asked == {str(job_id): 1 for job_id in Job.objects.values_list("pk", flat=True)}
    assert server.counts.connections <= WORKERS * SLOTS
    told = Counter(result["connection"] for result in Attempt.objects.values_list("result", flat=True))
    assert told == {"new": server.counts.connections, "kept": JOBS - server.counts.connections}


def test_one_that_is_turned_away_comes_back_and_one_that_is_not_answered_does_not(cluster, server):
    cluster.beat()
    cluster.worker("w1", JOBS_HTTP_ALLOW="127.0.0.1,::1")
    again = {"rerunnable": True, "max_attempts": 3, "retry_on": ["5xx"]}
    busy = create(1, target="http", payload={"url": f"{server.url}/busy"}, **again)
    silent = create(1, target="http", payload={"url": f"{server.url}/silence/30", "timeout": 0.5}, **again)
    wait_for(lambda: all_final(busy, silent), "both to end")
    first, second = Attempt.objects.filter(job=busy).order_by("number")
    assert (first.outcome, first.result["status"]) == (State.FAILED, 503)
    assert (second.outcome, second.result["status"]) == (State.COMPLETED, 200)
    keys = {seen.headers["idempotency-key"] for seen in server.counts.requests if seen.path == "/busy"}
    assert len(keys) == 1, "by which the other side can know the second request as the first one's"
    held = Job.objects.get(pk=silent)
    assert (held.state, held.attempt) == (State.INTERRUPTED, 1)
    assert held.reason.startswith("Sent, but not answered")
