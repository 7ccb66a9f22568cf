"""While everything is stopped nothing starts, by whatever way it was on; afterwards all of it does, as fast as asked."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from jobs import transitions
from jobs.models import Audit, Job, Stop, Subject
from jobs.models.querysets import LIST_AND_MARK
from jobs.states import State
from jobs.transitions import rows, stops
from jobs.transitions.stops import Plan
from tests.conftest import NOW, seconds
from tests.starts import list_and_mark
from tests.transitions.steps import acquire, again, finish
from tests.transitions.stopped import listed, stop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("waited")]


def test_nothing_starts_while_everything_is_stopped_and_what_runs_goes_on(make_job, waited):
    running, waiting = acquire(make_job(1)), make_job(2)
    made = stop()
    assert waited == [stops.ANSWERED_AFTER], "bodies that were on their way have been entered, or will not be"
    assert acquire(waiting) is None
    assert acquire(make_job(3, key="pay", queue="mail")) is None
    assert listed() == []
    assert finish(running)
    assert (again(waiting).state, again(waiting).holds) == (State.PENDING, 0)
    assert made.covers(NOW)


def test_a_job_is_kept_by_the_moment_at_which_it_would_start(make_job, waited):
    before, first, last, after = (make_job(n) for n in (9, 10, 29, 30))
    stop(10, 30)
    assert waited == [], "what is to come needs no answer"
    assert listed() == [before.pk, after.pk]
    assert acquire(first) is None
    assert acquire(last) is None
    assert acquire(after), "it starts with the end, so its row is taken before that"
    assert acquire(before)


def test_what_was_due_in_a_stop_does_not_start_before_its_end(make_job):
    """The database's own clock says when it would start: that is in 2026, or later."""
    overdue = make_job(5)
    Job.objects.update(run_at="2026-01-01T00:00Z")
    Stop.objects.create(begins_at="2025-12-31T00:00Z", until=None, reason="x", created_at=NOW)
    assert acquire(again(overdue), due_before=NOW) is None
    Stop.objects.update(until="2026-01-01T00:00:01Z")
    assert acquire(again(overdue), due_before=NOW), "it has ended, whether or not somebody has noted that"


def test_one_that_is_called_off_keeps_nothing(make_job):
    made, job = stop(10, 30), make_job(15)
    stops.go_on(made.pk, now=NOW)
    assert (Stop.objects.get().until, Stop.objects.get().let_go_at) == (NOW + seconds(10), NOW), "it is over at once"
    assert stops.change(made.pk, {"until": None}, now=NOW + seconds(1)) is None
    assert stops.go_on(made.pk, now=NOW + seconds(1)) is None
    assert listed() == [job.pk]


def test_its_end_its_reason_and_its_pace_can_be_changed_until_it_is_over(waited):
    made = stop(10, 30)
    changed = stops.change(made.pk, {"until": None, "begins_at": NOW}, now=NOW)
    assert (changed.begins_at, changed.until, changed.reason) == (NOW, None, "the disks move")
    assert waited == [stops.ANSWERED_AFTER], "it has begun by that"
    later = NOW + seconds(60)
    changed = stops.change(made.pk, {"until": later, "per_minute": 5, "begins_at": later}, now=NOW + seconds(1))
    assert (changed.begins_at, changed.per_minute) == (NOW, 5), "what has begun has begun"
    with pytest.raises(ValidationError, match="must come after"):
        stops.change(made.pk, {"until": NOW}, now=NOW)
    assert stops.change(made.pk, {"reason": "x"}, now=later) is None
    assert Audit.objects.filter(subject=Subject.STOP, verb="change").count() == 2


def test_an_end_that_is_put_off_is_answered_when_what_was_to_start_then_does_not(waited):
    made = stop(0, 10)
    waited.clear()
    stops.change(made.pk, {"until": NOW + seconds(60)}, now=NOW + seconds(9.9))
    assert waited == [stops.ANSWERED_AFTER]


def test_one_that_begins_within_the_time_of_an_answer_is_answered_after_it(waited):
    stop(stops.ANSWERED_AFTER - 0.01)
    assert waited == [stops.ANSWERED_AFTER]


@pytest.mark.parametrize(
    ("plan", "field", "says"),
    [
        (Plan(NOW, None, " "), "reason", "Say why"),
        (Plan(NOW, None, "x" * 1001), "reason", "shorten"),
        (Plan(NOW, NOW, "x"), "until", "must come after"),
        (Plan(NOW - seconds(60), NOW - seconds(1), "x"), "until", "must come after"),
        (Plan(NOW, None, "x", 0), "per_minute", "between 1 and"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan, field, says):
    with pytest.raises(ValidationError, match=says) as refusal:
        stops.stop_everything(plan, now=NOW)
    assert set(refusal.value.message_dict) == {field}
    assert not Stop.objects.exists()


def test_a_reason_to_go_on_that_is_too_long_is_refused():
    made = stop()
    with pytest.raises(ValidationError, match="shorten"):
        stops.go_on(made.pk, now=NOW, reason="x" * 1001)
    assert Stop.objects.get().until is None


def test_what_people_do_meanwhile_waits_like_all_else(make_job):
    job = make_job(60)
    stop()
    assert transitions.run_now(job.pk, now=NOW).done
    assert acquire(again(job)) is None
    assert transitions.cancel(job.pk, now=NOW, reason="").done


def test_a_start_that_was_taken_before_is_known_to_be_stopped(make_job):
    started = acquire(make_job(1))
    asked = [(started.job_id, started.attempt)]
    assert Job.objects.which_paused(asked) == {asked[0]: False}
    made = stop(10, 30)
    assert Job.objects.which_paused(asked) == {asked[0]: False}, "its moment is before it"
    stops.change(made.pk, {"begins_at": NOW}, now=NOW)
    assert Job.objects.which_paused(asked) == {asked[0]: True}


def test_those_whose_messages_a_stop_has_spent_get_another_at_once_after_it(make_job):
    """They were due before it, and had been listed often: their next turn would be an hour away."""
    early, of_crowd = make_job(1), make_job(1, queue="crowd")
    Job.objects.update(enqueued_at=NOW + seconds(30), deliveries=9)
    made = stop(60, now=NOW + seconds(60))
    stops.go_on(made.pk, now=NOW + seconds(120))
    end = NOW + seconds(130)
    assert [one.id for one in list_and_mark(now=end, horizon=end, crowded=["crowd"])] == [early.pk], (
        "theirs may be there"
    )
    assert listed(end + seconds(10)) == [of_crowd.pk], "once"
    assert listed(end + seconds(20)) == []


def test_a_list_query_reads_no_job_of_a_long_stop(make_job):
    make_job(1)
    stop()
    with connection.cursor() as cursor:
        asked = {"now": NOW, "horizon": NOW + seconds(20), "overdue": NOW, "window": 10, "longest": 3600, "client": "b"}
        asked |= {"unpublished_since": None, "after_due": None, "after_id": None, "crowded": [], "patience": 32}
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {LIST_AND_MARK}", asked | {"limit": 9})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    read = next(line for line in plan.splitlines() if " on jobs_job" in line and "Update" not in line)
    assert "never executed" in read, plan


def test_what_nothing_stops_costs_one_look_at_an_empty_table(make_job):
    job = make_job(1)
    with connection.cursor() as cursor:
        question, same = rows._question(drawn=False)
        asked = same | {"jobs": f"{{{job.pk}}}", "due_before": NOW + seconds(9), "after": 0}
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {question}", asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    of_row = plan[plan.index("jobs_stop stop") :].splitlines()[0]
    assert "never executed" in of_row, plan
