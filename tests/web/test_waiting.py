"""Callers that wait for the end of a run: they hold no thread, and all get the same one."""

from __future__ import annotations

import http.client
import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.models import Job, Trigger
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, wait_for
from tests.web.load import GUNICORN, Callers, request

pytestmark = [pytest.mark.processes]

CALLS = 80


def fire(port, token, wait=60):
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    caller.request("POST", f"/api/v1/triggers/x/?wait={wait}", headers={"Authorization": f"Bearer {token}"})
    answer = caller.getresponse()
    body = answer.read()
    caller.close()
    return answer.status, answer.headers, json.loads(body)


@pytest.mark.parametrize(("server", "statuses"), [([], {200}), ([GUNICORN], {200, 202})])
def test_eighty_calls_on_two_web_processes_make_one_run(cluster, web, token, server, statuses):
    """As they are documented; and another WSGI server, which lets a few wait and answers the others at once."""
    Trigger.objects.create(name="x", target="demo.sleep", payload={"seconds": 6})
    ports = [web(f"web{number}", *server) for number in range(2)]
    cluster.beat()
    cluster.worker()
    with ThreadPoolExecutor(CALLS) as pool:
        answers = list(pool.map(lambda number: fire(ports[number % 2], token), range(CALLS)))
    wait_for(Job.objects.filter(state=State.COMPLETED).exists, "the run, of which nobody may have waited for the end")
    assert Job.objects.filter(state=State.COMPLETED).count() == 1, EXACTLY_ONCE
    assert not Job.objects.exclude(state__in=[State.COMPLETED, State.SKIPPED]).exists()
    assert {status for status, _, _ in answers} == statuses
    run = Job.objects.get(state=State.COMPLETED).pk
    assert {body["id"] for status, _, body in answers if status == 200} == {run}
    for status, headers, _ in answers:
        assert status == 200 or headers["Retry-After"], "told when to ask again"


def test_another_server_stays_open_beside_many_who_wait(web, token):
    port = web("web", GUNICORN)
    Trigger.objects.create(name="x", target="demo.noop", payload={})
    callers = Callers(port)
    callers.wait(40, request("POST", "/api/v1/triggers/x/?wait=60", token))
    with callers.calling():
        wait_for(lambda: len(callers.answers) >= 36, "all but four to be answered at once")
        began = time.monotonic()
        assert fire(port, token, wait=60)[0] == 202
        assert time.monotonic() - began < 10


def test_a_wait_ends_at_its_time_and_who_hangs_up_is_forgotten(web, token):
    port = web()
    Trigger.objects.create(name="x", target="demo.noop", payload={})
    gone = http.client.HTTPConnection("127.0.0.1", port)
    gone.request("POST", "/api/v1/triggers/x/?wait=60", headers={"Authorization": f"Bearer {token}"})
    time.sleep(0.5)
    gone.close()
    began = time.monotonic()
    status, headers, body = fire(port, token, wait=1.5)
    assert 1.4 < time.monotonic() - began < 20
    assert (status, body["state_name"], headers["RunAt-Run"]) == (202, "pending", "joined")
    assert headers["Location"] == f"/api/v1/jobs/{body['id']}/"


def test_a_stop_answers_who_waits_and_cuts_off_half_requests(cluster, web, token):
    port = web()
    Trigger.objects.create(name="x", target="demo.noop", payload={})
    callers = Callers(port)
    callers.wait(1, request("POST", "/api/v1/triggers/x/?wait=60", token))
    callers.drip(20, request("POST", "/api/v1/jobs/", token, b" " * 200))
    process = cluster.processes.pop("web")
    with callers.calling():
        wait_for(Job.objects.exists, "the call to have started its job")
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        process.wait(30)
        assert time.monotonic() - began < 14
        wait_for(lambda: any(b" 202 " in answer for answer in callers.answers), "the waiting one's answer")
