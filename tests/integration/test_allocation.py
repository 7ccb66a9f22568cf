"""The allocation case: a scheduler and people hit one HTTP job at the same moment. One run, one order, one answer."""

from __future__ import annotations

import http.client
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Job, Trigger
from jobs.states import Overlap, State
from tests.bearing import secret_of
from tests.http.server import certified, serving
from tests.integration.conftest import wait_for
from tests.web.conftest import start_web

pytestmark = [pytest.mark.processes]

WEBS, WORKERS, CALLS = 2, 3, 80
KEY = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="


@pytest.fixture
def orders(tmp_path, monkeypatch):
    """The other side: it takes orders by TLS, and counts."""
    tls, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with serving(tls) as server:
        yield server


@pytest.fixture
def webs(cluster):
    """Ports of web processes on the test's database and broker."""
    return [start_web(cluster, f"web{number}") for number in range(WEBS)]


def ask(port, method, path, token):
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    caller.request(method, path, headers=headers)
    answer = caller.getresponse()
    body = answer.read()
    caller.close()
    return answer.status, dict(answer.getheaders()), body


def test_a_scheduler_and_eighty_calls_make_one_run(cluster, webs, orders, monkeypatch):
    person = User.objects.create_user("ada")
    person.user_permissions.add(Permission.objects.get(codename="fire_trigger"))
    token = secret_of(person)
    payload = {"url": f"{orders.url}/slow/8", "method": "POST", "json": {"order": 1}}
    Trigger.objects.create(name="allocate", target="http", payload=payload)
    allowed = {
        "JOBS_HTTP_ALLOW": "127.0.0.1,::1",
        "JOBS_HTTP_SIGNING_KEYS": f"localhost={KEY}",
        "SSL_CERT_FILE": os.environ["SSL_CERT_FILE"],
    }
    cluster.beat()
    for number in range(WORKERS):
        cluster.launch(f"w{number}", **allowed)
    cluster.ready(*(f"w{number}" for number in range(WORKERS)))

    def hit(number):
        return ask(webs[number % WEBS], "POST", "/api/v1/triggers/allocate/?wait=60", token)

    now = clock.now()
    monkeypatch.setattr(settings, "JOBS_HTTP_ALLOW", ["127.0.0.1", "::1"])
    scheduled = rules.check_new_job(
        target="http",
        payload=payload,
        run_at=now + timedelta(seconds=1),
        now=now,
        key="trigger:allocate",
        overlap=Overlap.JOIN,
    )
    with ThreadPoolExecutor(CALLS) as pool:
        calls = pool.map(hit, range(CALLS))
        by_scheduler, _ = transitions.create(scheduled, now=now)
        answers = list(calls)
    assert {status for status, _, _ in answers} == {200}, answers[0]
    bodies = {body for _, _, body in answers}
    assert len(bodies) == 1, "the same answer for all"
    run = json.loads(bodies.pop())
    assert (run["state_name"], run["result"]["status"]) == ("completed", 200)
    wait_for(lambda: Job.objects.get(pk=by_scheduler.pk).is_final, "the scheduled one to end")
    ran = list(Job.objects.filter(state=State.COMPLETED))
    assert len(ran) == 1, "exactly one run"
    assert Job.objects.exclude(pk=ran[0].pk).filter(joined_id=ran[0].pk).count() == Job.objects.count() - 1
    (order,) = orders.counts.requests
    assert order.headers["webhook-signature"].startswith("v1,")
    assert orders.counts.handshakes == 1
    again = hit(0)
    assert json.loads(again[2])["id"] != run["id"], "a call after its end starts a new one"
    assert again[1]["RunAt-Run"] == "started"
    assert len(orders.counts.requests) == 2
