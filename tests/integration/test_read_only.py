"""A database that is read-only for a while: what cannot be accepted is refused, and all is well by itself afterwards."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.contrib.auth.models import User
from django.db import connection
from knox.models import AuthToken

from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.models.processes import Leadership
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for

pytestmark = [pytest.mark.processes]

READ_ONLY_FOR = 12.0  # seconds: each process tries again and again meanwhile
THREADS = 4


class Web:
    """What a program sees of us."""

    def __init__(self, address: str) -> None:
        user = User.objects.create_superuser("ops")
        self._where = address.removeprefix("http://")
        self._token = AuthToken.objects.create(user)[1]

    def ask(self, path, body=None):
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = Request(f"http://{self._where}{path}", json.dumps(body).encode() if body else None, headers)
        try:
            with urlopen(request, timeout=60) as answer:  # noqa: S310 - our own web
                return answer.status, answer.headers, answer.read().decode()
        except HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def post(self, after=1.0):
        run_at = (clock.now() + timedelta(seconds=after)).isoformat()
        return self.ask("/api/v1/jobs/", {"target": "demo.noop", "run_at": run_at})

    def post_from_all_threads(self):
        """More at once than there are threads, so that each has its turn."""
        with ThreadPoolExecutor(3 * THREADS) as pool:
            return list(pool.map(lambda n: self.post(), range(3 * THREADS)))


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_database_that_is_read_only_for_a_while(cluster):
    cluster.beat("b1")
    cluster.beat("b2")
    cluster.worker("w1")
    web = Web(cluster.web(threads=THREADS))
    before = web.post_from_all_threads()
    assert {status for status, _, _ in before} == {201}
    wait_for(all_final, "jobs before it to end")
    # By the row alone: what was accepted and is due while nothing can be written.
    due = [
        Job.objects.create(target="demo.noop", payload={}, run_at=clock.now() + timedelta(seconds=after)).pk
        for after in (4, 8, 30)
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
            for status, headers, body in web.post_from_all_threads():
                assert (status, headers["Retry-After"]) == (503, "5"), body
                assert json.loads(body)["detail"].startswith("The database ")
            time.sleep(0.5)
        status, _, body = web.post()
        assert (status, json.loads(body)["type"]) == (503, "urn:runat:problem:database-read-only")
        status, _, body = web.ask("/readyz")
        assert (status, "read-only" in json.loads(body)["problems"]["database"]) == (503, True)
        status, headers, body = web.ask("/login/")
        assert status == 200, "asks no database"
        assert not Leadership.is_held()
    finally:
        sql(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')

    wait_for(lambda: web.ask("/readyz")[0] == 200, "the web to be ready")
    after = web.post_from_all_threads()
    assert {status for status, _, _ in after} == {201}
    wait_for(Leadership.is_held, "a leader")
    wait_for(partial(all_final, *due), "what was due meanwhile and later to end")
    wait_for(all_final, "all jobs to end")
    assert set(Job.objects.values_list("state", flat=True)) == {State.COMPLETED}
    assert Attempt.objects.count() == Job.objects.count() == len(before) + len(due) + len(after), EXACTLY_ONCE
    assert all(process.poll() is None for process in cluster.processes.values()), "none was restarted"
