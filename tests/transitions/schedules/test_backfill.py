"""A past range is started by a person's wish: counted before, at a rate, and only once."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from jobs.models import Audit, Job, Occurrence, Operation, Schedule
from jobs.scheduler.operations import operations
from jobs.states import Cause, Overlap
from jobs.transitions.schedules.backfill import Backfill, begin_backfill, cancel_operation
from jobs.transitions.schedules.definitions import delete_schedule
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import acquire, again, finish, make, minutes, next_job, sweep

pytestmark = pytest.mark.django_db

FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)
LATER = FIRST + minutes(60) + seconds(40)  # after an hour in which nothing was there


@pytest.fixture
def missed():
    """A schedule of which the first run has started, eleven were missed, and the latest is made up for."""
    schedule = make()
    finish(acquire(next_job(schedule), now=FIRST), now=FIRST)
    sweep(LATER)
    return schedule


def begin(schedule, *, first=FIRST, until=LATER, by=None, now=LATER, **more):
    return begin_backfill(Backfill(schedule, first, until, **more), reason="needed", by=by, now=now)


def repeats():
    rows = Occurrence.objects.filter(number__gt=1).order_by("nominal_at")
    return [(row.nominal_at, row.number) for row in rows]


def test_it_makes_what_has_not_started_once_each_with_the_time_that_it_stands_for(missed):
    operation = begin(missed, per_minute=6000)
    assert operation.total == 10  # the first has started; the next and the latest have their jobs
    operations(now=LATER + seconds(1))
    assert repeats() == [(FIRST + minutes(5 * n), 2) for n in range(2, 12)]
    jobs = Job.objects.filter(pk__in=Occurrence.objects.filter(number=2).values("job_id")).order_by("nominal_at")
    assert {(job.run_at, job.overlap) for job in jobs} == {(LATER + seconds(1), Overlap.QUEUE)}
    assert acquire(jobs[0], now=LATER + seconds(1)).nominal_at == FIRST + minutes(10)
    operations(now=LATER + seconds(2))
    operation.refresh_from_db()
    assert (operation.done, operation.outcome) == (10, "done")
    operations(now=LATER + seconds(3))
    assert len(repeats()) == 10


def test_none_of_it_asks_another_to_stop():
    schedule = make(overlap=Overlap.CANCEL, enabled=False)
    begin(schedule, per_minute=6000)
    operations(now=LATER + seconds(1))
    assert {job.overlap for job in Job.objects.pending()} == {Overlap.QUEUE}


def test_a_schedule_that_is_deleted_while_a_person_asks_says_so():
    asked = Backfill(make(), FIRST, LATER)
    Schedule.objects.all().delete()
    with pytest.raises(ValidationError) as refused:
        begin_backfill(asked, reason="", by=None, now=LATER)
    assert "was deleted" in refused.value.message_dict["begin"][0]


def test_all_of_a_range_is_started_again_with_numbers_of_its_own(missed):
    begin(missed, until=FIRST + seconds(1), only_missed=False)
    operations(now=LATER + seconds(1))
    assert repeats() == [(FIRST, 2)]
    begin(missed, until=FIRST + seconds(1), only_missed=False)
    operations(now=LATER + seconds(1))
    assert repeats() == [(FIRST, 3), (FIRST, 2)] or repeats() == [(FIRST, 2), (FIRST, 3)]


def test_the_same_range_is_not_begun_twice_at_once(missed):
    operation = begin(missed, per_minute=1, only_missed=False)
    with pytest.raises(ValidationError, match=f"Operation {operation.pk} does this already: 0 of 13 jobs. Wait for it"):
        begin(missed, per_minute=60, only_missed=False)
    begin(missed, until=FIRST + seconds(1), only_missed=False)
    cancel_operation(operation.pk, reason="", by=None, now=LATER)
    assert begin(missed, only_missed=False).total == operation.total


def test_it_keeps_to_its_rate(missed):
    begin(missed, per_minute=2)
    for _ in range(3):
        operations(now=LATER)
    assert len(repeats()) == 1
    operations(now=LATER + seconds(61))
    assert len(repeats()) == 3


def test_it_is_cancelled_and_what_it_has_made_stays(missed, admin_user):
    operation = begin(missed, per_minute=2, by=admin_user)
    operations(now=LATER)
    done, why = cancel_operation(operation.pk, reason="enough", by=admin_user, now=LATER)
    assert (done, why) == (True, f"Operation {operation.pk} is cancelled; it has made 1 of 10 jobs.")
    operations(now=LATER + minutes(60))
    assert len(repeats()) == 1
    assert not cancel_operation(operation.pk, reason="", by=None, now=LATER)[0]
    assert [row.reason for row in Audit.objects.filter(subject="schedule", by=admin_user)] == ["needed", "enough"]


def test_one_that_was_never_begun_is_not_cancelled(missed):
    operation = begin(missed)
    nowhere = operation.pk + 1
    assert cancel_operation(nowhere, reason="", by=None, now=LATER) == (False, f"There is no operation {nowhere}.")
    operations(now=LATER + minutes(60))
    assert len(repeats()) == 10


def test_a_repeat_that_does_not_start_has_its_cause_and_the_schedule_goes_on(missed):
    begin(missed, per_minute=6000)
    ahead = next_job(missed)
    operations(now=LATER)
    job = Job.objects.filter(nominal_at=FIRST + minutes(10)).latest("id")
    Job.objects.filter(pk=job.pk).update(target="no.such")
    assert acquire(job, now=LATER + seconds(31)) is None
    assert Occurrence.objects.get(job_id=job.pk).cause == Cause.TARGET
    assert next_job(missed) == ahead


def test_its_schedule_is_deleted_meanwhile(missed):
    operation = begin(missed)
    delete_schedule(missed.pk, by=None, now=LATER)
    operations(now=LATER)
    operation.refresh_from_db()
    assert (operation.outcome, operation.why) == ("failed", "Its schedule was deleted.")


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("until", {"until": FIRST}),
        ("until", {"until": LATER + seconds(1)}),
        ("per_minute", {"per_minute": 0}),
        ("until", {"first": LATER - seconds(1)}),
        ("begin", {"first": datetime.min.replace(tzinfo=UTC)}),
    ],
)
def test_what_cannot_be_is_refused(missed, field, asked):
    with pytest.raises(ValidationError) as refused:
        begin(missed, **asked)
    assert list(refused.value.message_dict) == [field]
    assert not Operation.objects.exists()


def test_a_schedule_that_sql_has_broken_is_refused(missed):
    Schedule.objects.filter(pk=missed.pk).update(expression="61 * * * *")
    with pytest.raises(ValidationError, match=r"Its times cannot be reckoned out: .* Change the schedule first\."):
        begin(again(missed))


def test_it_ends_at_its_rate(missed):
    operation = begin(missed, per_minute=2)
    assert (operation.total, operation.ends_at) == (10, LATER + minutes(4.5))


def test_a_range_of_too_many_is_refused():
    schedule = make("* * * * * *", dialect="cron6")
    with pytest.raises(ValidationError, match="more than 100000"):
        begin(schedule, until=NOW, first=NOW - minutes(60 * 24 * 2), now=NOW)
