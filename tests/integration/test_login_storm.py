"""Wrong logins in parallel, on a real web process: everybody else is answered as without them."""

from __future__ import annotations

import http.client
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User

from launcher.process import spawn
from tests.bearing import secret_of
from tests.integration.conftest import wait_for

pytestmark = [pytest.mark.processes]

STORM = 16  # at once, and again and again
SECONDS = 6.0


@pytest.fixture
def port(cluster):
    """A web process as `make run` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "project.wsgi", "--worker-class", "gthread", "--threads", "8"]
    command += ["--bind", f"127.0.0.1:{found}", "--no-control-socket"]
    with (cluster.folder / "web.log").open("ab") as log:
        cluster.processes["web"] = spawn(command, log=log, cwd=settings.BASE_DIR, environment=cluster.environment)
    wait_for(partial(answers, found), "the web process to answer")
    return found


def answers(port):
    try:
        return ask(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def ask(port, method, path, body=None, **headers):
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    caller.request(method, path, body, headers)
    answer = caller.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read().decode()
    caller.close()
    return found


def wrong_logins(port, ends, number):
    """Each time another user, so that no lock helps: only the door does."""
    seen = []
    _, headers, page = ask(port, "GET", "/login/")
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    cookie = headers["Set-Cookie"].partition(";")[0]
    while not ends.is_set():
        form = {"csrfmiddlewaretoken": token, "username": f"u{number}-{len(seen)}", "password": "wrong"}
        kind = "application/x-www-form-urlencoded"
        seen.append(ask(port, "POST", "/login/", urlencode(form), Cookie=cookie, **{"Content-Type": kind})[0])
        time.sleep(0.1)
    return seen


def slowest(port, token, seconds):
    """The slowest of /healthz and of a POST that creates a job, in seconds."""
    took = {"health": [], "job": []}
    until = time.monotonic() + seconds
    job = '{"target": "demo.noop", "run_at": "2030-01-01T00:00:00Z"}'
    while time.monotonic() < until:
        begun = time.monotonic()
        assert ask(port, "GET", "/healthz")[0] == 200
        took["health"].append(time.monotonic() - begun)
        begun = time.monotonic()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        assert ask(port, "POST", "/api/v1/jobs/", job, **headers)[0] == 201
        took["job"].append(time.monotonic() - begun)
        time.sleep(0.05)
    return {name: sorted(values)[int(len(values) * 0.9)] for name, values in took.items()}


def test_wrong_logins_in_parallel_leave_the_web_to_the_others(cluster, port):
    person = User.objects.create_user("ada")
    person.user_permissions.add(Permission.objects.get(codename="add_job"))
    token = secret_of(person)
    before = slowest(port, token, 3)
    ends = threading.Event()
    with ThreadPoolExecutor(STORM) as pool:
        storm = [pool.submit(wrong_logins, port, ends, number) for number in range(STORM)]
        time.sleep(0.5)
        during = slowest(port, token, SECONDS)
        ends.set()
        seen = [status for each in storm for status in each.result()]
    assert set(seen) == {200, 429}, "some are looked at, the others are told to come again"
    assert during["health"] < max(1.0, 4 * before["health"])
    assert during["job"] < max(1.5, 4 * before["job"])
