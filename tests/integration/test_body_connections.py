"""Coroutines that use Django's database, in the slots of real workers of both pools."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import connection

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.rules import NewJob
from jobs.states import State
from tests.integration import queries
from tests.integration.conftest import all_final, wait_for

pytestmark = [pytest.mark.processes]


def run(target, *payloads):
    """All at one instant; their attempts, when they have ended."""
    now = clock.now()
    due = now + timedelta(seconds=1)
    ids = [transitions.create(NewJob(f"queries.{target}", given, due), now=now)[0].pk for given in payloads]
    wait_for(partial(all_final, *ids), f"{target} to end")
    return list(Attempt.objects.filter(job_id__in=ids).order_by("job_id"))


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_coroutines_have_connections_of_their_own_that_are_good_and_clean(cluster, pool):
    """One test for all of it: processes take long to start."""
    cluster.worker("w1", pool=pool, targets=queries.__name__)
    cluster.beat()

    naps = [attempt.result for attempt in run("nap", *[{"seconds": 1.5}] * 5)]
    took = max(float(ended) for _, ended in naps) - min(float(begun) for begun, _ in naps)
    assert took < 4, "one after the other it would be 7.5 s"

    left = run("poison", *[{"name": f"lost-{n}"} for n in range(5)])
    assert {attempt.outcome for attempt in left} == {State.FAILED}
    assert all("left a transaction open" in attempt.error for attempt in left)
    written = run("write", *[{"name": f"kept-{n}"} for n in range(5)])
    assert {attempt.outcome for attempt in written} == {State.COMPLETED}
    assert set(User.objects.values_list("username", flat=True)) == {f"kept-{n}" for n in range(5)}

    with connection.cursor() as cursor:  # what a restart of the database does to connections
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    after = run("count", *[{}] * 5)
    assert [attempt.outcome for attempt in after] == [State.COMPLETED] * 5, [attempt.error for attempt in after]
    assert not Job.objects.filter(state=State.INTERRUPTED).exists()
