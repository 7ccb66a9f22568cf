"""Jobs are spread over a window: evenly, in the order of their times, and none before its own."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from jobs.models import Audit, Operation, Verb
from jobs.states import Hold
from jobs.transitions import operations
from jobs.transitions.operations import spreading, stepping, words
from tests.conftest import NOW, seconds
from tests.transitions.operations.conftest import carry
from tests.transitions.steps import acquire, again

pytestmark = pytest.mark.django_db


def times(jobs):
    return [(again(job).run_at - NOW).total_seconds() for job in jobs]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(stepping, "AT_A_TIME", 2)


def test_jobs_of_one_moment_are_spread_evenly_from_it_on(make_job, begin, published):
    jobs = [make_job(600) for _ in range(4)]
    done = carry(begin(Verb.RESCHEDULE, over_seconds=60))
    assert (done.done, done.total, done.refused, done.outcome) == (3, 4, {words.IN_PLACE: 1}, "done")
    assert times(jobs) == [600, 615, 630, 645]
    assert [again(job).version for job in jobs] == [1, 2, 2, 2], "what was published before acquires nothing"
    noted = Audit.objects.filter(operation_id=done.pk).order_by("job_id")
    assert [one.after["run_at"][:19] for one in noted] == [
        f"{NOW + seconds(600 + n):%Y-%m-%dT%H:%M:%S}" for n in (15, 30, 45)
    ]


def test_in_the_order_of_their_times_whatever_their_ids_are_and_by_batches(make_job, begin, small):
    late, early, middle = make_job(630), make_job(600), make_job(610)
    more = [make_job(630) for _ in range(3)]
    done = carry(begin(Verb.RESCHEDULE, over_seconds=600))
    assert done.done == 5
    assert times([early, middle, late, *more]) == [600, 700, 800, 900, 1000, 1100]


def test_none_starts_before_its_own_time(make_job, begin):
    first, second, last = make_job(600), make_job(600), make_job(700)
    done = carry(begin(Verb.RESCHEDULE, over_seconds=60))
    assert times([first, second, last]) == [600, 620, 700]
    assert done.refused == {words.IN_PLACE: 2}


def test_from_a_time_that_is_given_and_not_before_now(make_job, begin):
    jobs = [make_job(600) for _ in range(2)]
    carry(begin(Verb.RESCHEDULE, over_seconds=60, run_at=NOW + seconds(900)))
    assert times(jobs) == [900, 930]
    jobs = [make_job(1000) for _ in range(2)]
    now = NOW + seconds(1100)
    carry(begin(Verb.RESCHEDULE, {"ids": [job.pk for job in jobs]}, over_seconds=60, now=now), now=now)
    assert times(jobs) == [1100, 1130], "what is overdue begins now"


def test_in_the_published_window_a_job_is_published_again_under_its_new_version(make_job, begin, published):
    jobs = [make_job(3) for _ in range(3)]
    published.clear()
    carry(begin(Verb.RESCHEDULE, over_seconds=3))
    assert [(one.id, one.version) for one in published] == [(job.pk, 2) for job in jobs[1:]]


def test_it_is_taken_back(make_job, begin, undo):
    jobs = [make_job(600) for _ in range(4)]
    spread = carry(begin(Verb.RESCHEDULE, over_seconds=60))
    acquire(again(jobs[3]))
    undone = carry(undo(spread))
    assert (undone.done, undone.refused) == (2, {"it had started": 1})
    assert times(jobs[:3]) == [600, 600, 600]


def test_what_others_have_changed_meanwhile_stays(make_job, begin, small):
    jobs = [make_job(600) for _ in range(5)]
    operation = begin(Verb.RESCHEDULE, {"run_at_before": NOW + seconds(601)}, over_seconds=50)
    operations.go_on(operation.pk, now=NOW)
    type(jobs[3]).objects.filter(pk=jobs[3].pk).update(run_at=NOW + seconds(9000))
    newer = make_job(600)
    done = carry(operation)
    assert times([*jobs, newer]) == [600, 610, 620, 9000, 640, 600]
    assert done.refused == {words.IN_PLACE: 1, words.NO_LONGER: 1}


def test_what_was_approved_is_to_be_approved_again(make_job, begin):
    first, approved = make_job(600), make_job(600)
    type(approved).objects.filter(pk=approved.pk).update(approved_at=NOW)
    carry(begin(Verb.RESCHEDULE, over_seconds=60))
    assert (again(first).held_by, again(approved).held_by) == (Hold(0), Hold.APPROVAL)


def test_its_order_is_kept_in_its_row_and_not_in_lists(make_job, begin, django_assert_num_queries):
    jobs = [make_job(700 - n) for n in range(3)]
    operation = begin(Verb.RESCHEDULE, over_seconds=60)
    assert operation.in_order == [job.pk for job in reversed(jobs)]
    assert operation.arguments == {"run_at": (NOW + seconds(698)).isoformat(), "over_seconds": 60}
    assert "in_order" in Operation.objects.for_people().get(pk=operation.pk).get_deferred_fields()


@pytest.mark.parametrize(
    ("over", "said"),
    [
        (0, "a second at least"),
        (10**9, "ten years at most"),
    ],
)
def test_windows_that_cannot_be(make_job, begin, over, said):
    make_job(600)
    with pytest.raises(ValidationError, match=said):
        begin(Verb.RESCHEDULE, over_seconds=over)


def test_too_many_are_refused_in_a_sentence(make_job, begin, monkeypatch):
    for _ in range(3):
        make_job(600)
    monkeypatch.setattr(spreading, "MOST", 2)
    with pytest.raises(ValidationError, match="more than 2 jobs"):
        begin(Verb.RESCHEDULE, over_seconds=60)
