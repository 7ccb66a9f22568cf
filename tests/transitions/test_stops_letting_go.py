"""What a stop has kept goes on after it: all at once, or so many a minute."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from jobs.models import Audit, Job, Stop, Subject
from jobs.models.stop import stopped
from jobs.publishing import horizon
from jobs.states import Hold, StopStanding
from jobs.transitions import stops
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire, again
from tests.transitions.stopped import listed, stop

KEPT = f"SELECT {stopped('%(due)s::timestamptz', '%(now)s::timestamptz')}"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("waited")]


def test_those_that_were_due_go_out_when_a_person_ends_it(make_job, published):
    kept = [make_job(n) for n in (1, 2)]
    held = make_job(1)
    Job.objects.filter(pk=held.pk).update(holds=Hold.PERSON)
    made = stop()
    published.clear()
    over = stops.go_on(made.pk, now=NOW + seconds(5), reason="moved")
    assert over.until == NOW + seconds(5)
    assert sorted(one.id for one in published) == [job.pk for job in kept]
    assert Stop.objects.get().let_go_at == NOW + seconds(5)
    assert acquire(again(kept[0]))
    assert stops.go_on(made.pk, now=NOW + seconds(6)) is None, "it is over"
    assert [(row.verb, row.name, row.reason) for row in Audit.objects.filter(subject=Subject.STOP)] == [
        ("create", str(made.pk), "the disks move"),
        ("change", str(made.pk), "moved"),
    ]


def test_so_many_a_minute_are_let_go_one_after_the_other(make_job, published):
    kept = [make_job(n / 10) for n in range(1, 31)]
    made = stop(0, 5, per_minute=60)
    end = NOW + seconds(5)
    Job.objects.update(enqueued_at=None)  # as those that the stop has kept from being listed
    assert listed(end) == [], "its end lets nobody go whose turn has not come"
    published.clear()
    assert not stops.let_go(made.pk, now=end), "no more than what is listed already: the next turn does the rest"
    room = int((horizon(end) - end).total_seconds())
    assert room < len(kept)
    given = [again(job) for job in kept[:room]]
    assert [job.not_before for job in given] == [end + seconds(n) for n in range(room)]
    assert [(one.id, one.run_at) for one in published] == [(job.pk, job.not_before) for job in given]
    assert given[0].waited_for == (
        "All starts were stopped from 2030-01-01 12:00:03 until 2030-01-01 12:00:08 UTC: the disks move. Since then 60 a "
        "minute go on."
    )
    later = again(kept[room])
    assert acquire(later, due_before=end + seconds(1)) is None, "one whose turn has not come is not before the others"
    assert listed(end, reach=room - 0.5) == [], "they are marked, or kept"
    assert acquire(given[0], due_before=end + seconds(1))
    next_turn = end + seconds(room)
    assert not stops.let_go(made.pk, now=next_turn)
    assert again(kept[room]).not_before == end + seconds(room)
    assert Stop.objects.get().let_go_at is None
    while Stop.objects.get().let_go_at is None:
        next_turn += seconds(10)
        stops.let_go(made.pk, now=next_turn)
    moments = [again(job).not_before for job in kept]
    assert moments == sorted(moments)
    assert len(set(moments)) == len(kept)
    assert listed(next_turn, reach=60)


def test_a_big_crowd_is_let_go_in_parts(make_job, monkeypatch, published):
    monkeypatch.setattr(stops, "AT_A_TIME", 3)
    jobs = [make_job(1) for _ in range(7)]
    made = stop(0, 5, per_minute=100_000)
    end = NOW + seconds(5)
    assert [stops.let_go(made.pk, now=end) for _ in range(4)] == [True, True, False, False]
    assert Job.objects.filter(not_before__gte=end).count() == len(jobs)
    assert Stop.objects.get().let_go_at == end


def test_a_turn_that_comes_too_early_or_too_late_does_nothing(make_job):
    job, made = make_job(1), stop(0, 5, per_minute=1)
    assert not stops.let_go(made.pk, now=NOW + seconds(4))
    assert not stops.let_go(made.pk + 1, now=NOW + seconds(6))
    assert again(job).not_before is None
    assert not stops.let_go(made.pk, now=NOW + seconds(5))
    assert again(job).not_before == NOW + seconds(5)
    Job.objects.update(not_before=None)
    assert not stops.let_go(made.pk, now=NOW + seconds(5)), "all moments up to the horizon are given"
    assert again(job).not_before is None
    endless = stop()
    assert not stops.let_go(endless.pk, now=NOW + seconds(9))


@pytest.mark.django_db(transaction=True)
def test_one_lets_go_at_a_time(make_job):
    make_job(1)
    made = stop(0, 5)

    def another():
        try:
            return stops.let_go(made.pk, now=NOW + seconds(6)), Stop.objects.get().let_go_at
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as threads:
        assert Stop.objects.locked(made.pk)
        assert threads.submit(another).result() == (False, None)


def test_the_pace_can_be_changed_while_jobs_are_let_go(make_job):
    jobs = [make_job(1) for _ in range(3)]
    made, end = stop(0, 5, per_minute=1), NOW + seconds(5)
    stops.let_go(made.pk, now=end)
    assert [again(job).not_before for job in jobs] == [end, None, None]
    assert stops.change(made.pk, {"per_minute": 60, "until": NOW + seconds(60)}, now=end) is None, "it has ended"
    assert stops.change(made.pk, {"per_minute": 60}, now=end).until == end
    next_start = end + seconds(60)
    stops.let_go(made.pk, now=next_start)
    assert [again(job).not_before for job in jobs] == [end, next_start, next_start + seconds(1)]
    assert stops.change(made.pk, {"per_minute": None}, now=next_start)
    stops.let_go(made.pk, now=next_start)
    assert stops.change(made.pk, {"per_minute": 1}, now=next_start) is None, "it is over"


def test_what_is_let_go_slowly_waits_for_a_stop_that_goes_on(make_job):
    jobs = [make_job(1) for _ in range(3)]
    slow, other = stop(0, 5, per_minute=60), stop(3, 9)
    assert not stops.let_go(slow.pk, now=NOW + seconds(5))
    assert [again(job).not_before for job in jobs] == [None] * 3, "or all of them would start with the other's end"
    stops.let_go(other.pk, now=NOW + seconds(9))
    stops.let_go(slow.pk, now=NOW + seconds(9))
    assert [again(job).not_before for job in jobs] == [NOW + seconds(9 + n) for n in range(3)]


def test_a_backlog_from_before_it_is_let_go_at_the_pace_too(make_job, published):
    """It would start in one second with the end of the stop, and was let go by it as all else."""
    old = [make_job(n / 10) for n in range(1, 4)]
    Job.objects.update(enqueued_at=NOW, deliveries=3)
    made = stop(60, now=NOW + seconds(60), per_minute=60)
    meanwhile = make_job(70)
    end = NOW + seconds(120)
    stops.go_on(made.pk, now=end)
    given = [again(job).not_before for job in (*old, meanwhile)]
    assert given == [end + seconds(n) for n in range(4)], "the first that were due are the first"
    assert [(one.id, one.run_at) for one in published[-4:]] == list(
        zip([job.pk for job in (*old, meanwhile)], given, strict=True)
    )
    assert listed(end, reach=0.5) == []
    assert acquire(again(old[1]), due_before=end + seconds(0.5)) is None


def test_a_backlog_is_kept_beyond_the_end_until_its_turn_comes(make_job):
    """The database's own clock says when it would start: that is in 2026, or later."""
    job = make_job(5)
    Job.objects.update(run_at="2025-01-01T00:00Z")
    values = {"begins_at": "2026-01-01T00:00Z", "until": "2026-01-02T00:00Z", "reason": "x", "created_at": NOW}
    made = Stop.objects.create(**values, per_minute=60)
    assert acquire(again(job), due_before=NOW) is None
    Job.objects.update(run_at="2026-01-02T00:00Z")
    assert acquire(again(job), due_before=NOW), "its own time is after it"
    made.delete()


def test_what_keeps_a_job_is_the_same_for_people_as_in_sql(make_job):
    moments = [NOW + seconds(n) for n in range(0, 50, 5)]
    for until, pace in ((None, None), (20, None), (20, 60)):
        Stop.objects.all().delete()
        made = stop(10, until, per_minute=pace)
        for due in moments:
            for now in moments:
                with connection.cursor() as cursor:
                    cursor.execute(KEPT, {"due": due, "now": now})
                    (kept,) = cursor.fetchone()
                assert Stop.objects.keeping(due, now).exists() is kept, (until, pace, due, now)
        assert made.standing(NOW + seconds(15)) == StopStanding.STOPPED


def test_how_it_stands_follows_from_its_moments():
    made = stop(10, 20, per_minute=60)
    assert [made.standing(NOW + seconds(n)) for n in (9, 10, 19, 20)] == [
        StopStanding.PLANNED,
        StopStanding.STOPPED,
        StopStanding.STOPPED,
        StopStanding.LETTING_GO,
    ]
    made.let_go_at = NOW + seconds(30)
    assert made.standing(NOW + seconds(30)) == StopStanding.OVER
