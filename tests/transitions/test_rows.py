"""The rows of new jobs: written alone or many together, they are the same, and the database has its say about each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs import rules, transitions
from jobs.exactjson import loads
from jobs.models import Calendar, Job
from jobs.rules.new_job import ASKED
from tests.conftest import NOW, seconds

pytestmark = pytest.mark.django_db

TEXTS = ["", "n", 'tab\t, "quotes", \\N, \\., {braces} and\nlines', "\N{SNOWMAN}"]
OPTIONS: dict[str, Any] = {
    "name": st.sampled_from(TEXTS),
    "queue": st.sampled_from(["default", "fast"]),
    "labels": st.sampled_from([{}, {"team": "a", "b": '"\\'}]),
    "retry_on": st.sampled_from([[], ["5xx", "TimeoutError"]]),
    "start_within": st.sampled_from([None, 60]),
    "deadline": st.sampled_from([None, 60]),
    "if_late": st.sampled_from(["skip", "hold"]),
    "key": st.sampled_from([None, *TEXTS]),
    "key_limit": st.sampled_from([1, 5]),
    "overlap": st.sampled_from(["queue", "allow", "skip", "join"]),
    "calendar": st.sampled_from([None, "office"]),
    "blackout": st.sampled_from(["next", "skip", "earlier"]),
    "waits_for": st.sampled_from([False, True]),
    "waits_for_end": st.sampled_from(["success", "any"]),
}
PAYLOADS = st.sampled_from(
    [("demo.log", {"message": text}) for text in TEXTS]
    + [("demo.sleep", loads('{"seconds": 0.1234567890123456789}')), ("demo.noop", {})]
)
AFTER = st.sampled_from([0, 1.5, 60, 86_400])
JOBS = st.lists(st.tuples(PAYLOADS, AFTER, st.fixed_dictionaries({}, optional=OPTIONS)), min_size=1, max_size=6)
OWN = {"id", "created_at", "idempotency_key", "idempotency_digest"}


def row(pk: int) -> dict[str, Any]:
    return {k: v for k, v in Job.objects.filter(pk=pk).values().get().items() if k not in OWN}


def test_each_field_that_can_be_asked_for_is_tried() -> None:
    assert {*OPTIONS} == {*ASKED} - {"target", "payload", "run_at", "rerunnable", "max_attempts"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(JOBS, st.booleans())
def test_many_together_are_as_each_alone(make_job: Any, published: Any, jobs: Any, named: bool) -> None:
    Calendar.objects.get_or_create(name="office")
    by = User.objects.get_or_create(username="ann")[0] if named else None
    if by is not None:
        by.is_superuser = True
    first = make_job()
    new = []
    for (target, payload), after, options in jobs:
        asked = dict(options)
        if asked.pop("waits_for", False):
            asked["waits_for"] = [first.pk]
        rerunnable = bool(asked.get("retry_on"))
        asked |= {"rerunnable": rerunnable, "max_attempts": 3 if rerunnable else 1}
        run_at = NOW + seconds(after)
        new.append(rules.check_new_job(target=target, payload=payload, run_at=run_at, now=NOW, **asked))
    alone = [transitions.create(one, now=NOW, by=by)[0] for one in new]
    together = transitions.create_many(new, now=NOW, by=by)
    assert [row(pk) for pk in together] == [row(job.pk) for job in alone]
    for job in alone:
        again = Job.objects.get(pk=job.pk)
        assert job.created_by_id == again.created_by_id
        assert (job.payload, job.labels, job.created_at) == (again.payload, again.labels, again.created_at)


def test_what_is_not_asked_for_has_the_databases_default() -> None:
    (pk,) = transitions.create_many([rules.NewJob("demo.noop", {}, NOW + seconds(60))], now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at) VALUES ('demo.noop', '{}', %s) RETURNING id",
            [NOW + seconds(60)],
        )
        by_sql = cursor.fetchone()[0]
    assert row(pk) == row(by_sql)


def test_a_row_that_the_database_refuses_is_named_and_none_is_there() -> None:
    good, wrong = (rules.NewJob("demo.noop", {}, NOW + timedelta(days=1), queue=q) for q in ("default", "not a queue"))
    with pytest.raises(IntegrityError, match=r"jobs_queue_named[\s\S]*COPY jobs_job, line 3\b"):
        transitions.create_many([good, good, wrong, good], now=NOW)
    assert not Job.objects.exists()


def test_none_is_none() -> None:
    assert transitions.create_many([], now=NOW) == []


def test_who_may_not_stop_others_may_create_none_of_them(django_assert_num_queries: Any) -> None:
    user = User.objects.create(username="ann")
    new = [rules.NewJob("demo.noop", {}, NOW, key="k", overlap=overlap) for overlap in ("queue", "cancel") * 20]
    # two for the permissions and one for the teams, in a savepoint
    with django_assert_num_queries(6), pytest.raises(PermissionDenied):
        transitions.create_many(new, now=NOW, by=user)
    assert not Job.objects.exists()


def test_late_ones_are_marked_and_published_at_commit(published: Any) -> None:
    new = [rules.NewJob("demo.noop", {}, NOW + seconds(after)) for after in (1, 60, 2, 3600)]
    ids = transitions.create_many(new, now=NOW)
    assert [Job.objects.get(pk=pk).enqueued_at for pk in ids] == [NOW, None, NOW, None]
    assert [one[0] for one in published] == [ids[0], ids[2]]
