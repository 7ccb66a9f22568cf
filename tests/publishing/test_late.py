"""What is due inside a listed window goes out at commit, or is left to the next list query."""

from datetime import timedelta

import pytest

from jobs import publishing, rules, transitions
from jobs.breaker import Breaker
from jobs.events.publishing import LateJobsNotPublished
from jobs.models import Job
from jobs.models.querysets import Listed
from jobs.publishing import late
from tests.conftest import NOW
from tests.starts import list_and_mark

pytestmark = pytest.mark.django_db


def test_a_late_job_is_published_at_commit_and_not_before(make_job, queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        make_job(2, queue=queue.name)
        make_job(60, queue=queue.name)
    assert queue() == []
    for callback in callbacks:
        callback()
    assert len(queue()) == 1


def test_a_job_is_accepted_while_the_broker_is_away(make_job, queue, no_broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = make_job(2, queue=queue.name)
    job.refresh_from_db()
    assert job.enqueued_at is None, "the next list query takes it"
    assert [j.id for j in list_and_mark(now=NOW, horizon=job.run_at + timedelta(1))] == [job.pk]


def test_of_a_bulk_only_what_did_not_go_out_is_given_back(queue, monkeypatch, django_capture_on_commit_callbacks):
    sent = []

    def send_two(bundle, producer):
        if len(sent) == 2:
            raise OSError("the broker went away")
        sent.append(bundle[0].id)

    monkeypatch.setattr(late, "send_bundle", send_two)
    new = [rules.NewJob("demo.noop", {}, NOW + timedelta(seconds=1), queue=queue.name) for _ in range(4)]
    with django_capture_on_commit_callbacks(execute=True):
        ids = transitions.create_many(new, now=NOW)
    left = Job.objects.filter(enqueued_at=None).order_by("pk").values_list("pk", flat=True)
    assert list(left) == ids[2:]


def test_nothing_late_nothing_to_do(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        publishing.late_publisher.at_commit([])
    assert callbacks == []


@pytest.mark.parametrize(("after", "times"), [(0.5, 1), (60, 0), (-60, 0)])
def test_published_anew_is_what_is_about_to_start_when_its_row_is_free(
    queue, monkeypatch, django_capture_on_commit_callbacks, after, times
):
    """A worker whose message came due meanwhile has found nothing; any other message is still to come."""
    monkeypatch.setattr(late.clock, "now", lambda: NOW)
    published = Listed(1, 1, NOW + timedelta(seconds=after), queue.name, 1)
    with django_capture_on_commit_callbacks(execute=True):
        publishing.late_publisher.missed_at_commit([published])
        publishing.late_publisher.missed_at_commit([])
    assert len(queue()) == times


def test_a_failure_is_told_as_the_broker_told_it(
    make_job, queue, monkeypatch, emitted, django_capture_on_commit_callbacks
):
    def fail(bundle, producer):
        assert producer.connection.connect()
        raise OSError("timed out")

    monkeypatch.setattr(late, "send_bundle", fail)
    with django_capture_on_commit_callbacks(execute=True):
        make_job(2, queue=queue.name)
    (told,) = emitted
    assert isinstance(told, LateJobsNotPublished)
    assert (told.jobs, str(told.error)) == (1, "timed out")


def test_after_a_failure_the_next_callers_do_not_wait_for_the_broker(
    make_job, queue, monkeypatch, django_capture_on_commit_callbacks
):
    tried, now = [], [100.0]
    monkeypatch.setattr(publishing.late_publisher, "_broker", Breaker(late.AVOID_FOR, lambda: now[0]))

    def fail(bundle, producer):
        tried.append(bundle[0].id)
        raise OSError("timed out")

    monkeypatch.setattr(late, "send_bundle", fail)
    with django_capture_on_commit_callbacks(execute=True):
        first = make_job(2, queue=queue.name)
    with django_capture_on_commit_callbacks(execute=True):
        second = make_job(2, queue=queue.name)
    assert tried == [first.pk]
    assert Job.objects.filter(pk__in=[first.pk, second.pk], enqueued_at=None).count() == 2
    now[0] += late.AVOID_FOR
    with django_capture_on_commit_callbacks(execute=True):
        third = make_job(2, queue=queue.name)
    assert tried == [first.pk, third.pk]


def test_a_commit_that_the_next_list_query_overtook_publishes_after_all(
    make_job, queue, monkeypatch, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        job = make_job(10, queue=queue.name)
    assert job.enqueued_at is None
    monkeypatch.setattr(late.clock, "now", lambda: NOW + timedelta(seconds=8))
    for callback in callbacks:
        callback()
    assert len(queue()) == 1
    job.refresh_from_db()
    assert (job.enqueued_at, job.deliveries) == (NOW + timedelta(seconds=8), 1)
