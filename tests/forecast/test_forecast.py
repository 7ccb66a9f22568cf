"""The forecast of what is in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from jobs.forecast import coming as walking
from jobs.forecast.forecast import forecast
from jobs.forecast.reading import DAY, WEEK
from jobs.forecast.simulation import NEVER, Pool, Runs
from jobs.models import Calendar, Job, Limit, Schedule
from jobs.rights import EVERYTHING, reach_of
from jobs.transitions.schedules import single
from tests.admin.schedule_rows import schedule
from tests.conftest import NOW, seconds
from tests.forecast.test_simulation import one_by_one
from tests.monitor.rows import running, worker
from tests.rights.conftest import ada, make_team, make_user  # noqa: F401
from tests.rollups.steps import add, ended

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
NOON = NOW - seconds(3)


def due(at: datetime, number: int = 1, *, queue: str = "mail", target: str = "demo.sleep", **fields: object) -> None:
    Job.objects.bulk_create(
        Job(target=target, payload={}, queue=queue, run_at=at, created_at=NOW - seconds(60), **fields)
        for _ in range(number)
    )


def took(length: float, *, target: str = "demo.sleep", **more: object) -> None:
    """Have the roll-ups know that bodies of this target last so long."""
    add(NOW - timedelta(hours=2))
    for _ in range(3):
        ended(NOW - timedelta(hours=1), target=target, took=length, **more)
    add(NOW)


def of(name: str, hours: int = DAY, **more: object):
    (found,) = (one for one in forecast(now=NOW, hours=hours, within=EVERYTHING, **more).queues if one.name == name)
    return found


def test_an_overload_is_named_with_its_minute_its_slots_and_its_delay() -> None:
    worker(NOW, slots=8, queues=["mail"])
    took(10)
    due(NOON + 10 * MINUTE, 23)
    due(NOON + 30 * MINUTE, 8)
    mail = of("mail")
    (late,) = mail.overloads
    assert late.begin == NOON + 10 * MINUTE
    assert late.until == late.begin + MINUTE
    assert (late.starts, late.needs, late.slots, late.more) == (23, 23, 8, 15)
    truth = 20_000  # three rounds of ten seconds
    assert truth / 2 <= late.delay <= truth * 2
    assert late.text.startswith("12:10 needs 23 slots, has 8: delays up to ")
    assert late.fewer == 4  # twelve at a time: two rounds
    assert late.command == "celery -A project worker -P threads -c 4 -n more@%h -Q mail"
    assert mail.stretches[30].delay == 0
    assert mail.stretches[30].needed == 8


def test_more_slots_are_an_answer_and_as_many_as_it_says_suffice() -> None:
    worker(NOW, slots=8, queues=["mail"])
    due(NOON + 10 * MINUTE, 23)
    assert of("mail").overloads[0].fewer is None  # two rounds of a second are tolerable
    assert of("mail", more_slots=14).delay == pytest.approx(1_000)
    assert of("mail", more_slots=15).delay == 0
    assert of("mail", more_slots=15).slots == 23


def test_what_is_spread_over_so_many_minutes_fits() -> None:
    worker(NOW, slots=2, queues=["mail"])
    due(NOON + 10 * MINUTE, 600)  # of one second each
    (late,) = of("mail").overloads
    assert late.delay == 299_000
    assert late.spread == 6 * 60  # five at 100 %
    Job.objects.all().delete()
    times = (late.begin + seconds(n * late.spread / 600) for n in range(600))
    Job.objects.bulk_create(Job(target="demo.sleep", payload={}, queue="mail", run_at=at) for at in times)
    assert of("mail").overloads == ()


def test_it_is_what_one_of_each_run_says() -> None:
    worker(NOW, slots=3, queues=["mail"])
    for n in range(40):
        due(NOON + MINUTE + seconds(n * 0.1))
    runs = [Runs(60_000 + n * 100, "mail", 1, 1_000) for n in range(40)]
    truth = max(delay for _, delay in one_by_one(runs, [Pool(frozenset({"mail"}), 3)]).values())
    assert truth > 8_000
    assert of("mail").delay == pytest.approx(truth, rel=0.1)
    assert of("mail", WEEK).delay == pytest.approx(truth, rel=0.1)


def test_a_target_of_which_none_has_ended_is_reckoned_with_a_second_and_says_so() -> None:
    worker(NOW, queues=["mail"])
    due(NOON + MINUTE, target="demo.noop")
    took(4)
    due(NOON + MINUTE)
    found = forecast(now=NOW, hours=DAY, within=EVERYTHING)
    assert found.unknown == ("demo.noop",)
    assert {one.target: one.known for one in found.lasting} == {"demo.noop": False, "demo.sleep": True}
    assert {one.target: one.ms for one in found.lasting}["demo.sleep"] == pytest.approx(4_000, rel=0.12)


def test_a_queue_without_a_worker_starts_nothing() -> None:
    worker(NOW, queues=["other"])
    worker(NOW, name="w2@host", queues=["mail"], refusing="Drained.")
    worker(NOW, name="w3@host", queues=["mail"], silent=timedelta(hours=1))
    due(NOON + MINUTE)
    due(NOON + 60 * MINUTE, 4)
    (late,) = of("mail").overloads
    assert late.delay == NEVER
    assert late.delay_s is None
    assert late.text == "From 12:01 on 5 starts wait: no worker takes from this queue."
    assert (late.until, late.needs, late.more) == (NOON + 61 * MINUTE, 4, 4)
    assert late.spread is None


def test_what_is_held_has_no_time_and_what_is_overdue_is_due_now() -> None:
    worker(NOW, queues=["mail"], slots=1)
    due(NOON - MINUTE, 5)
    due(NOON + MINUTE, holds=1)
    mail = of("mail")
    assert mail.starts == 5
    assert [place for place, one in mail.stretches.items() if one.starts] == [0]
    assert mail.delay == 4_000


def test_what_runs_has_its_slot() -> None:
    worker(NOW, queues=["default"], slots=1)
    took(60, target="demo.noop")
    running(NOW, target="demo.noop")  # since a second
    due(NOW + seconds(9), queue="default")
    assert of("default").delay == pytest.approx(50_000, rel=0.2)


def test_slots_that_serve_several_queues_are_there_once_and_named() -> None:
    worker(NOW, slots=4, queues=["mail", "files"])
    due(NOON + MINUTE, 4)
    due(NOON + MINUTE, 4, queue="files")
    found = {one.name: one for one in forecast(now=NOW, hours=DAY, within=EVERYTHING).queues}
    assert max(one.delay for one in found.values()) == 1_000
    (note,) = found["mail"].notes
    assert note.startswith("4 of its slots (w1@host) take from 'files', too. They are counted once")


def test_limits_are_said() -> None:
    worker(NOW, queues=["mail"])
    due(NOON + MINUTE, 4)
    Limit.objects.create(name="mail", concurrency=2, rate=0.5, paused_at=NOW)
    assert [note.split(":")[0] for note in of("mail").notes] == [
        "It is paused",
        "Its limit lets 2 run at a time",
        "Its limit lets 0.5 start a second",
    ]
    assert (of("mail").slots, of("mail").delay) == (2, 1_000)
    worker(NOW, name="w2@host", queues=["mail", "files"])
    assert (of("mail").slots, of("mail").delay) == (10, 0)
    assert any("that is not reckoned with, since others use its slots" in note for note in of("mail").notes)


def test_schedules_start_what_has_no_job_yet() -> None:
    worker(NOW, queues=["mail"])
    schedule("hourly", "0 * * * *", now=NOW, queue="mail")  # 13:00 has its job
    schedule("seconds", "every 90 seconds", now=NOW, dialect="interval", queue="mail")
    schedule("off", "* * * * *", now=NOW, queue="mail", enabled=False)
    assert of("mail").starts == 24 + 959  # the 960th is due when the day is over
    assert of("mail", WEEK).starts == 168 + 6719


def test_single_runs_are_skipped_and_moved() -> None:
    worker(NOW, queues=["mail"])
    one = schedule("hourly", "0 * * * *", now=NOW, queue="mail")
    hour = timedelta(hours=1)
    single.skip_run(one.pk, NOON + 3 * hour, reason="", by=None, now=NOW)
    single.move_run(one.pk, NOON + 4 * hour, run_at=NOON + 4 * hour + MINUTE, reason="", by=None, now=NOW)
    starts = {place for place, stretch in of("mail").stretches.items() if stretch.starts}
    assert starts == {n * 60 for n in range(1, 25) if n not in (3, 4)} | {241}


@pytest.mark.parametrize(("blackout", "starts"), [("skip", 2), ("next", 21)])
def test_closed_time(blackout: str, starts: int) -> None:
    Calendar.objects.create(name="office", open_from="09:00", open_until="11:00")
    one = schedule("hourly", "0 * * * *", now=NOW, queue="mail")
    Schedule.objects.filter(pk=one.pk).update(calendar=Calendar.objects.get(), blackout=blackout)
    found = walking.coming(now=NOW, until=NOW + timedelta(hours=20), within=EVERYTHING)
    assert found.times == 19
    assert sorted(found.starts) == []
    found = walking.coming(now=NOW, until=NOW + timedelta(hours=22), within=EVERYTHING)
    assert sum(found.starts.values()) == starts


def test_a_pause_and_a_last_run_are_kept() -> None:
    hour = timedelta(hours=1)
    few = schedule("few", "0 * * * *", now=NOW, most_runs=5)
    later = schedule("later", "0 * * * *", now=NOW, target="demo.sleep")
    never = schedule("never", "0 * * * *", now=NOW)
    Schedule.objects.filter(pk=later.pk).update(paused_at=NOW, paused_until=NOON + 20 * hour)
    Schedule.objects.filter(pk=never.pk).update(paused_at=NOW)
    found = walking.coming(now=NOW, until=NOON + 24 * hour, within=EVERYTHING)
    assert sum(n for (_, target, _), n in found.starts.items() if target == "demo.noop") == few.most_runs - 1
    assert sum(n for (_, target, _), n in found.starts.items() if target == "demo.sleep") == 4


def test_times_are_walked_as_far_as_a_bound_which_is_said() -> None:
    schedule("often", "* * * * *", now=NOW)
    schedule("rare", "0 * * * *", now=NOW)
    found = walking.coming(now=NOW, until=NOW + timedelta(hours=3), within=EVERYTHING, of_one=100)
    assert (found.schedules, found.left_out, found.more) == (2, 1, False)
    assert found.complete_until == NOON + 101 * MINUTE
    assert sum(found.starts.values()) == found.times == 100 + 2


def test_what_sql_has_written_is_left_out() -> None:
    one = schedule("broken", "0 * * * *", now=NOW)
    Schedule.objects.filter(pk=one.pk).update(expression="nonsense")
    assert walking.coming(now=NOW, until=NOW + timedelta(hours=3), within=EVERYTHING).times == 0


def test_it_asks_six_times_at_most(django_assert_max_num_queries: object) -> None:
    worker(NOW, queues=["mail"])
    due(NOON + MINUTE, 50)
    schedule("hourly", "0 * * * *", now=NOW, queue="mail")
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        # Jobs; schedules; changes of single runs; durations; workers; limits.
        forecast(now=NOW, hours=DAY, within=EVERYTHING)


def test_somebody_sees_what_his_teams_own(ada: User) -> None:  # noqa: F811
    worker(NOW, slots=4, queues=["ours-q", "theirs-q"])
    due(NOON + MINUTE, 2, queue="ours-q")
    due(NOON + MINUTE, 3, queue="theirs-q", target="demo.noop")
    due(NOON + MINUTE, 5, queue="default", target="demo.log")
    schedule("of others", "* * * * *", now=NOW, queue="theirs-q")
    found = forecast(now=NOW, hours=DAY, within=reach_of(ada))
    (ours,) = found.queues
    assert (ours.name, ours.starts, ours.slots) == ("ours-q", 2, 4)
    assert [one.target for one in found.lasting] == ["demo.sleep"]
    assert "take from queues of other teams, too" in ours.notes[0]
    assert "theirs-q" not in str(found)
    assert forecast(now=NOW, hours=DAY, within=reach_of(ada), queue="theirs-q").queues == ()


def test_a_token_names_no_queue_that_it_is_not_for() -> None:
    worker(NOW, slots=4, queues=["mail", "files"])
    due(NOON + MINUTE)
    due(NOON + MINUTE, queue="files")
    scoped = EVERYTHING.scoped(queues=["mail"])
    found = forecast(now=NOW, hours=DAY, within=scoped)
    assert [one.name for one in found.queues] == ["mail"]
    assert "files" not in str(found)
    assert forecast(now=NOW, hours=DAY, within=scoped, queue="files").queues == ()


def test_the_week_has_stretches_of_ten_minutes_and_days_in_its_words() -> None:
    worker(NOW, slots=1, queues=["mail"])
    due(datetime(2030, 1, 5, 9, 7, tzinfo=UTC), 100)
    (late,) = of("mail", WEEK).overloads
    assert late.begin == datetime(2030, 1, 5, 9, 0, tzinfo=UTC)
    assert late.text == "Sat 09:00 needs 100 slots, has 1: delays up to 99 s."
    assert of("mail", WEEK, queue="mail").name == "mail"
