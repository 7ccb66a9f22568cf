"""A database that is read-only for a while: what cannot be accepted is refused, and all is well by itself afterwards."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import connection

from jobs.clock import clock
from jobs.installation import known
from jobs.models import Attempt, Job
from jobs.models.worker import Leadership
from jobs.states import State
from tests.bearing import secret_of
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for
from tests.integration.web import Web

pytestmark = [pytest.mark.processes]

READ_ONLY_FOR = 12.0  # seconds: each process tries again and again meanwhile
THREADS = 4
AT_ONCE = 3 * THREADS  # so that each thread has its turn


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def leader():
    return Leadership.lock_holder(known.read().lock)


def test_a_database_that_is_read_only_for_a_while(cluster):
    cluster.beat("b1")
    cluster.beat("b2")
    cluster.worker("w1")
    token = secret_of(User.objects.create_superuser("ops"))
    web = Web(cluster.web(threads=THREADS), token)
    before = web.post_at_once(AT_ONCE)
    assert {status for status, _, _ in before} == {201}
    wait_for(all_final, "jobs before it to end")
    # By the row alone: what was accepted and is due while nothing can be written.
    due = [
        Job.objects.create(target="demo.noop", payload={}, run_at=clock.now() + timedelta(seconds=after)).pk
        for after in (4, 8, 18)
    ]

    name = connection.settings_dict["NAME"]
    sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    try:
        sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        begun = time.monotonic()
        while time.monotonic() - begun < READ_ONLY_FOR:
            for status, headers, body in web.post_at_once(AT_ONCE):
                assert (status, headers["Retry-After"]) == (503, "5"), body
                assert json.loads(body)["detail"].startswith("The database ")
            time.sleep(0.5)
        status, _, body = web.post()
        assert (status, json.loads(body)["type"]) == (503, "urn:runat:problem:database-read-only")
        status, _, body = web.ask("/readyz")
        assert (status, "read-only" in json.loads(body)["problems"]["database"]) == (503, True)
        status, headers, body = web.ask("/login/")
        assert status == 200, "asks no database"
        assert leader() is None
    finally:
        sql(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')

    wait_for(lambda: web.ask("/readyz")[0] == 200, "the web to be ready")
    after = web.post_at_once(AT_ONCE)
    assert {status for status, _, _ in after} == {201}
    wait_for(leader, "a leader")
    wait_for(partial(all_final, *due), "what was due meanwhile and later to end")
    wait_for(all_final, "all jobs to end")
    assert set(Job.objects.values_list("state", flat=True)) == {State.COMPLETED}
    assert Attempt.objects.count() == Job.objects.count() == len(before) + len(due) + len(after), EXACTLY_ONCE
    assert all(process.poll() is None for process in cluster.processes.values()), "none was restarted"
