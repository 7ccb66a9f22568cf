"""A schedule in shadow notes when it would have started, and starts nothing, whatever happens."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from jobs import rules
from jobs.blackouts import UNBOUND
from jobs.models import Job, Occurrence, Schedule
from jobs.models.querysets.strips import last_runs
from jobs.models.querysets.through_time import counted, question
from jobs.rights import EVERYTHING
from jobs.scheduler.operations import operations
from jobs.scheduler.schedules import Schedules
from jobs.states import Cause, Standing
from jobs.transitions.schedules import planning
from jobs.transitions.schedules.backfill import Backfill, begin_backfill
from jobs.transitions.schedules.definitions import change_schedule, next_words, pause_schedule, resume_schedule
from jobs.transitions.schedules.making import PlacedRun
from jobs.transitions.schedules.making import make as make_jobs
from jobs.transitions.schedules.planning import Run
from jobs.transitions.schedules.single import move_run, run_now, skip_run, undo
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import accounted, again, make, minutes, next_job, sweep

pytestmark = pytest.mark.django_db

FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)
SECOND, THIRD = FIRST + minutes(5), FIRST + minutes(10)
ON = {"enabled": True}
SHADOW = {"enabled": False, "shadow": True}


def shadow(**fields):
    return make(**SHADOW, **fields)


def change(schedule, *, now, **fields):
    return change_schedule(schedule.pk, fields, by=None, now=now)


def noted(*times):
    return [(nominal, 1, Cause.SHADOW) for nominal in times]


def test_each_of_its_times_has_a_row_and_none_a_job():
    schedule = shadow()
    assert (again(schedule).next_at, again(schedule).next_job_id, again(schedule).made) == (FIRST, None, 0)
    assert sweep(FIRST) == 1
    assert sweep(THIRD + seconds(1)) == 1
    assert accounted(schedule) == noted(FIRST, SECOND, THIRD)
    assert not Job.objects.exists()
    assert (again(schedule).next_at, again(schedule).made) == (THIRD + minutes(5), 3)


def test_after_a_long_time_they_are_written_in_batches(monkeypatch):
    monkeypatch.setattr(planning, "MOST_NOTED", 20)
    schedule = shadow(expression="* * * * *")
    look = Schedules()
    for _ in range(5):
        look(now=NOW + minutes(50))
    assert [count for _, count, _ in accounted(schedule)] == [1] * 50
    assert again(schedule).next_at > NOW + minutes(50)


def test_the_leader_makes_no_job_for_one_that_has_none():
    schedule = shadow()
    Schedules()(now=FIRST - seconds(5))
    assert not Job.objects.exists()
    assert again(schedule).next_at == FIRST


def test_it_is_not_missed():
    schedule = shadow()
    sweep(FIRST)
    assert not Occurrence.objects.missed().exists()
    assert not Occurrence.objects.missed_since(NOW).exists()
    assert Occurrence.objects.not_missed().count() == 1
    assert counted([(NOW, THIRD)], within=EVERYTHING)[0].missed == 0
    (run,) = last_runs([schedule.pk], now=SECOND)[schedule.pk]
    assert run.became(seconds(1)) == "shadow"


@pytest.mark.parametrize("query", ["missed", "counted"])
def test_what_was_missed_is_found_by_an_index_that_has_no_shadows(query):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        if query == "missed":
            plan = Occurrence.objects.missed_since(NOW).filter(cause=Cause.PAUSED).explain()
        else:
            cursor.execute(f"EXPLAIN {question(narrow=False)}", {"begins": [NOW], "ends": [THIRD], "most": 10})
            plan = str(cursor.fetchall())
    assert "jobs_occurrence_not_run" in plan


def test_switched_on_it_starts_nothing_of_what_has_passed():
    schedule = shadow(catch_up="all")
    sweep(FIRST)
    assert change(schedule, now=SECOND + seconds(1), **ON).done
    assert accounted(schedule) == [*noted(FIRST, SECOND), (THIRD, 1, None)]
    assert next_job(schedule).nominal_at == THIRD
    assert (again(schedule).enabled, again(schedule).shadow) == (True, False)


def test_one_that_is_on_takes_its_next_run_back():
    schedule = make()
    job = next_job(schedule)
    change(schedule, now=NOW + seconds(1), **SHADOW)
    assert not Job.objects.pending().filter(pk=job.pk).exists()
    sweep(FIRST)
    assert accounted(schedule) == noted(FIRST)
    assert not Job.objects.pending().exists()


def test_switched_off_it_notes_nothing_more_and_keeps_what_it_has():
    schedule = shadow()
    change(schedule, now=FIRST + seconds(1), enabled=False, shadow=False)
    assert again(schedule).next_at is None
    change(schedule, now=THIRD + seconds(1), **SHADOW)
    sweep(THIRD + minutes(5))
    assert accounted(schedule) == [*noted(FIRST), (SECOND, 2, Cause.DISABLED), *noted(THIRD + minutes(5))]


def test_an_edit_leaves_it_in_shadow():
    schedule = shadow()
    change(schedule, now=FIRST + seconds(1), expression="*/10 * * * *", **SHADOW)
    assert again(schedule).next_at == SECOND
    assert accounted(schedule) == noted(FIRST)
    assert not Job.objects.exists()


def test_what_has_piled_up_when_a_person_changes_it_is_one_row():
    schedule = shadow()
    change(schedule, now=THIRD + seconds(1), **ON)
    assert accounted(schedule)[0] == (FIRST, 3, Cause.SHADOW)


def test_a_pause_covers_its_times():
    schedule = shadow()
    pause_schedule(schedule.pk, until=None, reason="stocktaking", by=None, now=FIRST + seconds(1))
    assert accounted(schedule) == noted(FIRST)
    assert again(schedule).standing(SECOND) == Standing.PAUSED
    resume_schedule(schedule.pk, by=None, now=SECOND + seconds(1))
    assert accounted(schedule) == [*noted(FIRST), (SECOND, 1, Cause.PAUSED)]
    pause_schedule(schedule.pk, until=THIRD + seconds(1), reason="party", by=None, now=SECOND + seconds(2))
    assert again(schedule).next_at == THIRD + minutes(5)
    sweep(THIRD + minutes(5))
    assert accounted(schedule)[2:] == [(THIRD, 1, Cause.PAUSED), *noted(THIRD + minutes(5))]


def test_one_that_a_person_skips_is_skipped():
    schedule = shadow()
    assert skip_run(schedule.pk, FIRST, reason="holiday", by=None, now=NOW).done
    sweep(SECOND)
    assert accounted(schedule) == [(FIRST, 1, Cause.PERSON), *noted(SECOND)]


def test_as_many_as_it_has_times_are_noted():
    schedule = shadow(most_runs=2)
    sweep(THIRD)
    assert accounted(schedule) == noted(FIRST, SECOND)
    assert again(schedule).standing(THIRD) == Standing.ENDED


def test_nobody_runs_it_now():
    schedule = shadow()
    answer = run_now(schedule.pk, FIRST, reason="", by=None, now=NOW)
    assert not answer.done
    assert "its schedule is in shadow. Switch the schedule on first" in answer.why
    sweep(FIRST)
    for verb in (run_now, undo):
        answer = verb(schedule.pk, FIRST, reason="", by=None, now=FIRST + seconds(1))
        assert not answer.done
        assert answer.why.endswith("has no job: it would have started: the schedule is in shadow")
    assert move_run(schedule.pk, SECOND, run_at=SECOND + seconds(9), reason="", by=None, now=FIRST + seconds(1)).done
    sweep(SECOND + seconds(10))
    assert accounted(schedule) == noted(FIRST, SECOND)
    assert not Job.objects.exists()


def test_a_past_range_of_it_is_not_started():
    schedule = shadow()
    sweep(SECOND)
    with pytest.raises(ValidationError, match="in shadow and starts nothing; switch it on first"):
        begin_backfill(Backfill(schedule, FIRST, THIRD, only_missed=False), reason="", by=None, now=THIRD)


def test_a_past_range_that_is_being_started_ends_when_it_goes_into_shadow():
    schedule = make(overlap="allow")
    operation = begin_backfill(Backfill(schedule, NOW - minutes(60), NOW), reason="", by=None, now=NOW)
    change(schedule, now=NOW, **SHADOW)
    operations(now=NOW)
    operation.refresh_from_db()
    assert (operation.outcome, operation.done) == ("failed", 0)
    assert "in shadow" in operation.why


def test_what_it_has_noted_is_not_made_up_for_later():
    """It ran where the schedule comes from."""
    schedule = shadow()
    sweep(SECOND)
    change(schedule, now=SECOND + seconds(1), **ON)
    assert Backfill(again(schedule), FIRST, THIRD).times() == []
    assert Backfill(again(schedule), FIRST, THIRD, only_missed=False).times() == [FIRST, SECOND]


def test_no_job_is_made_of_it_whoever_asks():
    schedule = shadow()
    make_jobs([PlacedRun(schedule, Run(FIRST, FIRST), FIRST, UNBOUND)], now=NOW)
    assert not Job.objects.exists()
    assert not Occurrence.objects.exists()


def test_the_table_knows_no_schedule_that_is_on_and_in_shadow():
    schedule = shadow()
    with pytest.raises(IntegrityError, match="jobs_schedule_shadow_is_off"), transaction.atomic():
        Schedule.objects.filter(pk=schedule.pk).update(enabled=True)


def test_how_it_is():
    schedule = shadow()
    assert again(schedule).standing(NOW) == Standing.SHADOW
    assert next_words(again(schedule)).startswith("It is in shadow and starts nothing; it would start next: Tuesday")
    for standing in Standing:
        assert Schedule.objects.in_standing(standing, NOW).exists() is (standing is Standing.SHADOW)
    off, on = make(name="off", enabled=False), make(name="on")
    assert list(Schedule.objects.in_standing(Standing.OFF, NOW)) == [off]
    assert list(Schedule.objects.in_standing(Standing.ON, NOW)) == [on]
    assert list(Schedule.objects.coming_before(THIRD)) == [on]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_shadow_wins_over_what_else_is_asked(enabled):
    asked = {"name": "x", "target": "demo.noop", "dialect": "cron", "expression": "* * * * *"}
    columns = rules.check_new_schedule(now=NOW, by=None, **asked, enabled=enabled, shadow=True).columns()
    assert (columns["enabled"], columns["shadow"]) == (False, True)
