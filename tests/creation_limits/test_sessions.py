"""Fifty sessions at once, each twice as fast as it may be: on real connections, by the database's clock."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client

from jobs.clock import clock
from jobs.creation_limits import Admission, Allowance, TooFast
from jobs.creation_limits.allowances import Allowances
from jobs.models import CreationLimit, Job
from tests.api.conftest import JOBS, bearer, new_job

pytestmark = pytest.mark.django_db(transaction=True)

SESSIONS = 50
ASKED, SECONDS = 20, 3.0  # a second, by each session
TEN = Allowance(rate=10, burst=10)


class Answer(NamedTuple):
    """What one question became, between two readings of the database's clock."""

    before: float
    after: float
    accepted: bool


def ask_for_a_while(session, ask, seconds, start) -> list[Answer]:
    """Ask 20 times a second; who falls behind asks at once."""
    answers = []
    try:
        connection.ensure_connection()
        start.wait(30)
        began = clock.timestamp()
        for n in range(int(seconds * ASKED)):
            time.sleep(max(0.0, began + n / ASKED - clock.timestamp()))
            before = clock.timestamp()
            accepted = ask(session)
            answers.append(Answer(before, clock.timestamp(), accepted))
    finally:
        connection.close()
    return answers


def at_once(sessions, ask, seconds) -> dict[object, list[Answer]]:
    start = threading.Barrier(len(sessions))
    with ThreadPoolExecutor(len(sessions)) as pool:
        futures = {session: pool.submit(ask_for_a_while, session, ask, seconds, start) for session in sessions}
        return {session: future.result() for session, future in futures.items()}


def of_a_bucket(answers, allowance) -> int:
    """What a bucket that is filled drop by drop gives to the same questions: another way to the same limit."""
    level, last, given = float(allowance.burst), answers[0].before, 0
    for answer in answers:
        level = min(allowance.burst, level + (answer.before - last) * allowance.rate)
        last = answer.before
        if level >= 1:
            level, given = level - 1, given + 1
    return given


def check(answers, allowance) -> int:
    """The limit holds to within 5 %, both ways; returns how many were accepted."""
    accepted = sum(answer.accepted for answer in answers)
    elapsed = answers[-1].after - answers[0].before
    assert accepted <= allowance.burst + allowance.rate * elapsed
    expected = of_a_bucket(answers, allowance)
    assert abs(accepted - expected) <= max(1, 0.05 * expected)
    return accepted


def test_each_of_fifty_sessions_gets_what_it_may():
    clock.measure()

    def ask(session) -> bool:
        try:
            Admission(f"user:{session}", Allowances(TEN, None)).single()
        except TooFast:
            return False
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO jobs_job (target, payload, run_at) VALUES ('demo.noop', '{}', now() + interval '1 hour')"
            )
        return True

    answers = at_once(range(SESSIONS), ask, SECONDS)
    accepted = sum(check(of_one, TEN) for of_one in answers.values())
    assert Job.objects.count() == accepted


def test_many_connections_of_one_subject_share_one_budget():
    """Twenty ask for the same budget at the same moments: what one statement decides, no two can both have."""
    clock.measure()
    few = Allowance(rate=5, burst=30)
    waits: list[float] = []

    def ask(session) -> bool:
        try:
            Admission("user:1", Allowances(few, None)).single()
        except TooFast as refusal:
            waits.append(refusal.wait)
            return False
        return True

    answers = at_once(range(20), ask, 1.5)
    together = sorted(answer for of_one in answers.values() for answer in of_one)
    accepted = sum(answer.accepted for answer in together)
    elapsed = max(answer.after for answer in together) - together[0].before
    assert accepted <= few.burst + few.rate * elapsed
    assert accepted >= min(len(together), int(few.burst + few.rate * (together[-1].before - together[0].after)) - 1)
    assert all(0 < wait <= 1 / few.rate for wait in waits)


def test_through_rest_no_job_that_was_accepted_is_lost():
    group = Group.objects.create(name="slow")
    CreationLimit.objects.create(group=group, rate=1, burst=5)
    callers = []
    for n in range(6):
        user = User.objects.create_user(f"caller-{n}")
        user.groups.add(group)
        user.user_permissions.add(Permission.objects.get(codename="add_job"))
        callers.append(bearer(user))
    told: Counter[int] = Counter()
    ids: list[int] = []
    lock = threading.Lock()

    def ask(caller: Client) -> bool:
        response = caller.post(JOBS, new_job(), content_type="application/json")
        with lock:
            told[response.status_code] += 1
            if response.status_code == 201:
                ids.append(response.json()["id"])
            else:
                assert int(response["Retry-After"]) == 1
                assert 0 < response.json()["retry_after_ms"] <= 1000
        return response.status_code == 201

    clock.measure()
    answers = at_once(callers, ask, 2.0)
    accepted = sum(check(of_one, Allowance(1, 5)) for of_one in answers.values())
    assert set(told) == {201, 429}
    assert sorted(ids) == sorted(Job.objects.values_list("pk", flat=True))
    assert len(ids) == accepted == told[201]
