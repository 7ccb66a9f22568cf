"""Bundles: where many jobs of a queue are listed together one message has many, if all workers take such."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError

from jobs.models import Job, Worker
from jobs.models.querysets import Listed
from jobs.publishing import bundles, late, messages
from jobs.publishing.bundles import DENSE, MOST, SHARES, SPREAD, bundled, size_of
from jobs.scheduler.dispatcher import Dispatcher
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def listed(jobs, queue="default", first=1):
    return [Listed(n, 1, NOW + timedelta(milliseconds=n), queue) for n in range(first, first + jobs)]


def worker(*queues, bundles=True, **values):
    return Worker.objects.create(
        session=uuid.uuid4(), name="w", pid=1, pool="threads", slots=9, queues=list(queues), bundles=bundles, **values
    )


def sizes(found):
    return [len(bundle) for bundle in found]


def test_a_sparse_window_has_a_message_for_each_job_and_asks_for_no_workers(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert sizes(bundled(listed(DENSE - 1))) == [1] * (DENSE - 1)


def test_in_a_dense_one_each_job_is_in_one_bundle_of_its_own_queue(django_assert_num_queries):
    jobs = sorted(
        [*listed(DENSE, "a"), *listed(DENSE * 3, "b", 10_000), *listed(3, "c", 20_000)], key=lambda j: j.run_at
    )
    with django_assert_num_queries(1):
        found = bundled(jobs)
    assert sorted(one.id for bundle in found for one in bundle) == sorted(one.id for one in jobs)
    assert all(len({one.queue for one in bundle}) == 1 for bundle in found)
    assert sizes(bundle for bundle in found if bundle[0].queue == "c") == [1, 1, 1]
    assert max(sizes(found)) <= MOST


def test_the_soonest_goes_out_first_and_is_the_first_of_its_bundle():
    found = bundled(listed(DENSE * 20))
    assert [bundle[0].run_at for bundle in found] == sorted(bundle[0].run_at for bundle in found)
    assert all(list(bundle) == sorted(bundle, key=lambda one: one.run_at) for bundle in found)
    assert max(bundle[0].id for bundle in found[: len(found) // 2]) < DENSE * 20 * 3 // 4, "not all over the window"


def test_every_worker_gets_several_bundles_and_what_is_due_together_is_dealt_out():
    for _ in range(3):
        worker("default")
    found = bundled(listed(DENSE))
    assert len(found) >= 3 * SHARES
    hands = [
        next(place for place, bundle in enumerate(found) if any(one.id == n for one in bundle)) for n in range(1, 7)
    ]
    assert len(set(hands)) == 3 * SPREAD, "six that are due one after the other, in six bundles"


def test_many_jobs_and_many_workers_and_no_bundle_is_empty():
    for _ in range(50):
        worker("default")
    assert min(sizes(bundled(listed(DENSE)))) == 1


@pytest.mark.parametrize(
    ("values", "size"),
    [
        ({}, 1),
        ({"stopped_at": NOW}, 25),
        ({"gone_at": NOW}, 25),
    ],
)
def test_while_a_worker_of_before_lives_nobody_gets_bundles(values, size):
    worker("default")
    worker("other", bundles=False, **values)
    assert max(sizes(bundled(listed(DENSE)))) == size


def test_without_workers_they_are_made_for_those_that_come():
    assert max(sizes(bundled(listed(MOST * SHARES)))) == MOST


def test_the_message_of_a_bundle_says_of_each_job_what_that_of_one_says(queue):
    one = Dispatcher("beat@test")
    jobs = listed(DENSE, queue.name)
    one.wait(jobs)
    assert one.waiting == DENSE
    assert (one.publish(10), one.waiting) == (DENSE, 0)
    found = queue()
    assert len(found) < DENSE / 10
    read = []
    for message in found:
        _, options, _ = json.loads(message.body)
        read += [tuple(job) for job in options["bundle"]]
        first = min(options["bundle"], key=lambda job: job[2])
        assert message.headers["task"] == "jobs.run"
        assert message.headers["id"] == f"job-{first[0]}-v1-1-and-{len(options['bundle']) - 1}-more"
    assert sorted(read) == [(job.id, 1, messages.microseconds(job.run_at)) for job in jobs]
    assert messages.microseconds(NOW + timedelta(microseconds=1)) - messages.microseconds(NOW) == 1
    one.disconnect()


def test_a_queue_that_refuses_bundles_gives_all_their_jobs_back(queue, monkeypatch):
    jobs = Job.objects.bulk_create(
        Job(target="demo.noop", payload={}, run_at=NOW, queue=queue.name, enqueued_at=NOW, deliveries=1)
        for _ in range(DENSE)
    )

    def refuse(bundle, producer):
        raise messages.Refused("full")

    monkeypatch.setattr(messages, "send_bundle", refuse)
    one = Dispatcher("beat@test")
    one.wait([Listed(job.pk, 1, NOW, queue.name) for job in jobs])
    one.publish(10)
    one.publish(10)
    assert (one.waiting, Job.objects.filter(enqueued_at=None).count()) == (0, DENSE)


def test_of_late_jobs_in_bundles_what_did_not_go_out_is_given_back(queue, monkeypatch):
    jobs = Job.objects.bulk_create(
        Job(target="demo.noop", payload={}, run_at=NOW, queue=queue.name, enqueued_at=NOW, deliveries=1)
        for _ in range(DENSE)
    )
    send, sent = late.send_bundle, []

    def send_two(bundle, producer):
        if len(sent) == 2:
            raise OSError("the broker went away")
        sent.append(bundle)
        send(bundle, producer)

    monkeypatch.setattr(late, "send_bundle", send_two)
    late.LatePublisher()._publish([Listed(job.pk, 1, NOW, queue.name) for job in jobs])
    assert (len(queue()), 2 < size_of(sent) < DENSE) == (2, True)
    assert Job.objects.filter(enqueued_at=None).count() == DENSE - size_of(sent)


def test_a_database_that_does_not_say_who_lives_fails_as_the_list_query_does(monkeypatch):
    monkeypatch.setattr(bundles.Worker.objects, "crew", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bundled(listed(DENSE))


def test_late_jobs_go_out_each_for_itself_when_the_database_does_not_say_what_workers_take(monkeypatch):
    sent = []

    def lost(self):
        raise OperationalError("the connection is lost")

    def send_each(left, send_one):
        sent.extend(left)
        left.clear()

    monkeypatch.setattr(type(Worker.objects), "crew", lost)
    monkeypatch.setattr(late, "send_each", send_each)
    late.LatePublisher()._publish(jobs := listed(DENSE))
    assert sent == [(one,) for one in jobs]
