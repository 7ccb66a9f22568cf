"""A new job: when its message goes out, and who may say it again."""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError

from jobs import rules, transitions
from jobs.models import Job
from jobs.states import State
from jobs.transitions import creation
from tests.conftest import NOW, seconds

pytestmark = pytest.mark.django_db


def test_a_job_beyond_the_listed_window_is_left_to_the_list_query(make_job, published):
    job = make_job(60, name="n", queue="q")
    assert (job.state, job.enqueued_at, job.deliveries) == (State.PENDING, None, 0)
    assert (job.name, job.queue, job.payload) == ("n", "q", {"seconds": 0})
    assert published == []


def test_a_job_inside_the_listed_window_is_marked_and_published_at_commit(make_job, published):
    job = make_job(2)
    assert (job.enqueued_at, job.deliveries) == (NOW, 1)
    assert published == [(job.pk, 1, job.run_at, "default", 1)]


def test_the_horizon_decides_and_clocks_may_differ_a_little(make_job, published):
    horizon = NOW.replace(second=12)
    assert make_job((horizon - NOW).total_seconds()).enqueued_at is None
    assert make_job((horizon - NOW).total_seconds() - 0.001).enqueued_at == NOW
    almost_next = NOW.replace(second=9, microsecond=800_000)
    assert make_job(10, now=almost_next).enqueued_at == almost_next


def test_create_many_creates_all_or_none(published):
    good = [rules.NewJob("demo.noop", {}, NOW + seconds(2)), rules.NewJob("demo.noop", {}, NOW + seconds(90))]
    ids = transitions.create_many(good, now=NOW)
    assert [Job.objects.get(pk=job_id).enqueued_at for job_id in ids] == [NOW, None]
    assert len(published) == 1
    with pytest.raises(IntegrityError):
        transitions.create_many([*good, rules.NewJob("demo.noop", {}, NOW, queue="not a queue")], now=NOW)
    assert Job.objects.count() == 2


def test_an_idempotency_key_makes_one_job(published):
    user = get_user_model().objects.create(username="u")
    other = get_user_model().objects.create(username="o")
    new = rules.NewJob("demo.noop", {}, NOW + seconds(60), idempotency_key="k")
    first, created = transitions.create(new, now=NOW, by=user)
    again, created_again = transitions.create(new, now=NOW, by=user)
    assert (created, created_again) == (True, False)
    assert first.pk == again.pk
    assert transitions.create(new, now=NOW, by=other)[1]
    with pytest.raises(transitions.KeyReused):
        transitions.create(rules.NewJob("demo.sleep", {}, NOW + seconds(60), idempotency_key="k"), now=NOW, by=user)


def test_keys_make_all_jobs_of_a_request_once(published):
    user = get_user_model().objects.create(username="u")
    new = [rules.NewJob("demo.noop", {}, NOW + seconds(60), idempotency_key=key) for key in ("k1", "k2")]
    ids, created = creation.create_all(new, now=NOW, by=user)
    assert created
    assert creation.create_all(new, now=NOW, by=user) == (ids, False)
    with pytest.raises(transitions.KeyReused):
        creation.create_all(new[:1], now=NOW, by=user)  # fewer are another request
    with pytest.raises(IntegrityError):
        creation.create_all([rules.NewJob("demo.noop", {}, NOW, queue="not a queue")], now=NOW, by=user)
    assert Job.objects.count() == 2


def test_another_violation_is_not_taken_for_a_used_key():
    with pytest.raises(IntegrityError):
        transitions.create(rules.NewJob("demo.noop", {}, NOW, queue="not a queue"), now=NOW)
    with pytest.raises(IntegrityError):
        transitions.create(rules.NewJob("x", {}, NOW, queue="not a queue", idempotency_key="k"), now=NOW)
