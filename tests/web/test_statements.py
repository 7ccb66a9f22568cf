"""A statement of a request has a time limit: the answer says so, and nothing is half done."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from jobs.clock import clock
from jobs.models import Job
from tests.api.conftest import ahead
from tests.integration.conftest import database_url
from tests.web.load import GUNICORN

pytestmark = [pytest.mark.processes]


@pytest.fixture
def job(make_job):
    return make_job(3600, now=clock.now())


@pytest.mark.parametrize("server", [[], [GUNICORN]])
def test_a_request_that_waits_for_a_lock_is_given_up(web, token, job, server):
    port = web("web", *server, JOBS_STATEMENT_TIMEOUT="1")

    def call(method, path, body=None):
        caller = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        caller.request(method, path, body, headers)
        with closing(caller):
            answer = caller.getresponse()
            return answer.status, answer.headers, answer.read()

    new_time = json.dumps({"run_at": ahead(7200)})
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT 1 FROM jobs_job WHERE id = %s FOR UPDATE", [job.pk])
        began = time.monotonic()
        status, headers, body = call("PATCH", f"/api/v1/jobs/{job.pk}/", new_time)
        assert time.monotonic() - began < 20
        assert (status, headers["Retry-After"]) == (503, "5"), body
        assert "nothing was changed" in json.loads(body)["detail"]
        other.execute("LOCK TABLE auth_user IN ACCESS EXCLUSIVE MODE")
        status, headers, body = call("GET", f"/api/v1/jobs/{job.pk}/")
        assert (status, headers["Content-Type"]) == (503, "application/problem+json")
    assert Job.objects.get(pk=job.pk).run_at - clock.now() < timedelta(hours=1)
    assert call("PATCH", f"/api/v1/jobs/{job.pk}/", new_time)[0] == 200
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",), "web processes only"


def test_a_page_says_it_too(web, token, job):
    port = web(JOBS_STATEMENT_TIMEOUT="1")
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(caller), psycopg.connect(database_url()) as other:
        other.execute("LOCK TABLE auth_user IN ACCESS EXCLUSIVE MODE")
        caller.request("GET", "/login/")
        page = caller.getresponse()
        form = page.read().decode()
        csrf = form.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        cookie = page.headers["Set-Cookie"].partition(";")[0]
        body = f"username=ada&password=x&csrfmiddlewaretoken={csrf}"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        caller.request("POST", "/login/", body, headers)
        answer = caller.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert b"took too long" in answer.read()
