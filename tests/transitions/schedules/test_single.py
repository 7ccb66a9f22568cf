"""One run of a schedule is skipped, moved, given other arguments, started now, and all that undone."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from jobs.models import Audit, Job, Occurrence, OccurrenceChange, Schedule
from jobs.states import Cause, Hold, State
from jobs.transitions.schedules import single
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import accounted, acquire, finish, make, minutes, next_job

pytestmark = pytest.mark.django_db

FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)
SECOND, THIRD = FIRST + minutes(5), FIRST + minutes(10)


def asked(verb, schedule, nominal, *, by=None, **more):
    return verb(schedule.pk, nominal, reason="why not", by=by, now=NOW, **more)


def start(schedule, at):
    finish(acquire(next_job(schedule), now=at), now=at)


def test_the_next_one_is_skipped_and_that_is_undone():
    schedule = make()
    job = next_job(schedule)
    assert asked(single.skip_run, schedule, FIRST).done
    assert accounted(schedule) == [(FIRST, 1, Cause.PERSON), (SECOND, 1, None)]
    assert asked(single.undo, schedule, FIRST).done
    assert accounted(schedule) == [(FIRST, 1, None)]
    again, old = next_job(schedule), Job.objects.get(pk=job.pk)
    assert (again.state, again.run_at) == (State.PENDING, FIRST)
    assert (old.state, old.schedule) == (State.CANCELLED, None)
    assert Audit.objects.get(subject="schedule", verb="change").before == {
        "nominal_at": "2030-01-01T12:05:00+00:00",
        "skipped": True,
    }
    assert start(schedule, FIRST) is None or next_job(schedule).nominal_at == SECOND


@pytest.mark.parametrize("state", [State.CANCELLED, State.SKIPPED, State.COMPLETED, State.FAILED])
def test_what_is_over_is_not_started_by_taking_something_back(state):
    """A button pressed three days later must not start payroll."""
    schedule = make()
    job = next_job(schedule)
    asked(single.skip_run, schedule, FIRST)
    started = {"attempt": 1, "locked_at": FIRST, "execute_at": FIRST} if state in (2, 3) else {}
    Job.objects.filter(pk=job.pk).update(state=state, **started)
    late = single.undo(schedule.pk, FIRST, reason="", by=None, now=FIRST)
    assert not late.done
    assert late.why == (
        f"The run of 2030-01-01 12:05:00 UTC is over: its job {job.pk} is {state.label}. To start it all the same, "
        "retry that job."
    )
    job.refresh_from_db()
    assert job.state == state


def test_one_that_was_moved_away_from_a_time_that_has_passed_starts_at_once_when_that_is_undone():
    schedule = make()
    job = next_job(schedule)
    assert asked(single.move_run, schedule, FIRST, run_at=THIRD).done
    assert single.undo(schedule.pk, FIRST, reason="", by=None, now=SECOND).done
    job.refresh_from_db()
    assert (job.state, job.run_at) == (State.PENDING, SECOND)


def test_a_spread_one_is_not_over_at_its_nominal_time(monkeypatch):
    monkeypatch.setattr(Schedule, "offset", minutes(3))
    schedule = make()
    job = next_job(schedule)
    assert asked(single.skip_run, schedule, FIRST).done
    assert single.undo(schedule.pk, FIRST, reason="", by=None, now=FIRST + minutes(1)).done
    job.refresh_from_db()
    assert (job.state, job.run_at) == (State.PENDING, FIRST + minutes(3))


def test_one_that_its_calendar_has_moved_goes_back_to_where_that_had_it(office):
    schedule = make("0 20 * * *", calendar=office, blackout="earlier")
    job = next_job(schedule)
    assert asked(single.move_run, schedule, job.nominal_at, run_at=THIRD).done
    assert asked(single.undo, schedule, job.nominal_at).done
    assert job.run_at < job.nominal_at
    assert next_job(schedule).run_at == job.run_at


def test_a_later_one_is_skipped(admin_user):
    schedule = make()
    assert asked(single.skip_run, schedule, SECOND, by=admin_user).done
    start(schedule, FIRST)
    assert next_job(schedule).nominal_at == THIRD
    row = Occurrence.objects.missed().get()
    assert (row.nominal_at, row.cause, row.why, row.by) == (SECOND, Cause.PERSON, "why not", admin_user)
    assert Audit.objects.filter(subject="schedule", by=admin_user, verb="change").count() == 1


def test_a_later_one_is_skipped_and_that_is_undone():
    schedule = make()
    asked(single.skip_run, schedule, SECOND)
    asked(single.undo, schedule, SECOND)
    start(schedule, FIRST)
    assert next_job(schedule).nominal_at == SECOND
    assert not OccurrenceChange.objects.exists()


@pytest.mark.parametrize("nominal", [FIRST, SECOND])
def test_one_is_moved_and_keeps_its_nominal_time(nominal):
    schedule = make()
    assert asked(single.move_run, schedule, nominal, run_at=nominal + minutes(2)).done
    if nominal == SECOND:
        start(schedule, FIRST)
    job = next_job(schedule)
    assert (job.nominal_at, job.run_at) == (nominal, nominal + minutes(2))


@pytest.mark.parametrize("nominal", [FIRST, SECOND])
def test_one_gets_other_arguments_and_those_after_it_the_old_ones(nominal):
    schedule = make(target="demo.sleep", payload={"seconds": 1})
    assert asked(single.give_arguments, schedule, nominal, payload={"seconds": 2}).done
    if nominal == SECOND:
        start(schedule, FIRST)
    assert next_job(schedule).payload == {"seconds": 2}
    start(schedule, nominal)
    assert next_job(schedule).payload == {"seconds": 1}


def test_other_arguments_of_the_next_one_are_undone():
    schedule = make(target="demo.sleep", payload={"seconds": 1})
    asked(single.give_arguments, schedule, FIRST, payload={"seconds": 2})
    assert asked(single.undo, schedule, FIRST).done
    assert next_job(schedule).payload == {"seconds": 1}
    assert Audit.objects.filter(subject="schedule", verb="change").count() == 2


def test_arguments_that_the_target_does_not_take_are_refused():
    schedule = make(target="demo.sleep", payload={"seconds": 1})
    with pytest.raises(ValidationError) as refused:
        asked(single.give_arguments, schedule, FIRST, payload={"minutes": 2})
    assert "payload" in refused.value.message_dict
    assert next_job(schedule).payload == {"seconds": 1}


def test_the_next_one_starts_now_and_its_successor_is_there():
    schedule = make()
    job = next_job(schedule)
    assert asked(single.run_now, schedule, FIRST).done
    job.refresh_from_db()
    assert (job.run_at, job.nominal_at) == (NOW, FIRST)
    assert acquire(job, now=NOW).nominal_at == FIRST
    assert next_job(schedule).nominal_at == SECOND


def test_a_later_one_cannot_start_now():
    answer = asked(single.run_now, make(), SECOND)
    assert not answer.done
    assert "has no job yet" in answer.why


@pytest.mark.parametrize("moment", [NOW - minutes(1), FIRST + seconds(1)])
def test_what_is_none_of_its_times_is_refused(moment):
    answer = asked(single.skip_run, make(), moment)
    assert not answer.done
    assert "none of its times" in answer.why
    assert not OccurrenceChange.objects.exists()


def test_a_time_that_has_passed_without_a_job_is_refused():
    schedule = make()
    Job.objects.all().delete()
    answer = asked(single.skip_run, schedule, FIRST)
    assert (answer.done, "has no job" in answer.why) == (False, True)


def test_arguments_that_need_an_approval_need_none_when_they_are_undone(monkeypatch):
    schedule = make(target="demo.sleep", payload={"seconds": 1})
    monkeypatch.setattr("jobs.rights.target_rules.is_dangerous", lambda target, payload: payload["seconds"] > 1)
    asked(single.give_arguments, schedule, FIRST, payload={"seconds": 2})
    assert next_job(schedule).held_by == Hold.APPROVAL
    asked(single.undo, schedule, FIRST)
    assert next_job(schedule).holds == 0


def test_who_gives_other_arguments_cannot_approve_them(admin_user, django_user_model):
    """The schedule is another's; the run is of whoever has said what it does."""
    owner = django_user_model.objects.create(username="owner")
    schedule = make(target="demo.sleep", payload={"seconds": 1}, by=owner)
    asked(single.give_arguments, schedule, FIRST, payload={"seconds": 2}, by=admin_user)
    asked(single.give_arguments, schedule, SECOND, payload={"seconds": 3}, by=admin_user)
    assert next_job(schedule).created_by == admin_user
    start(schedule, FIRST)
    assert next_job(schedule).created_by == admin_user
    start(schedule, SECOND)
    assert next_job(schedule).created_by == owner


@pytest.mark.parametrize(("most_runs", "done"), [(2, False), (3, True)])
def test_a_time_that_never_comes_since_it_ends_before_is_not_changed(most_runs, done):
    schedule = make(most_runs=most_runs)
    answer = asked(single.skip_run, schedule, THIRD)
    assert answer.done is done
    assert OccurrenceChange.objects.exists() is done
    if not done:
        assert answer.why == "The run of 2030-01-01 12:15:00 UTC never comes: the schedule ends after 2 times."
