"""What counts as recovered: the first good end after a failure for good, of the same schedule, else of the same target
and key; of one job its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from jobs.alerts import keeping
from jobs.alerts.conditions import Condition
from jobs.alerts.own import facts, judging
from jobs.models import Alert, AlertRule, Audit, Delivery, Job, Verb
from jobs.models.querysets import watching
from jobs.states import State
from tests.admin.schedule_rows import ran, schedule
from tests.conftest import NOW, seconds
from tests.monitor.rows import ended

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def rule(kind: str, name: str, **more: Any) -> AlertRule:
    return AlertRule.objects.create(kind=kind, name=name, when="recovered", **more)


def found(now: datetime = NOW) -> list[Condition]:
    rules = list(AlertRule.objects.in_use().with_whose())
    return judging.judge(rules, facts.ask(rules, now), now)


def retried(job: Job, at: datetime, done_at: datetime) -> None:
    """Make a person retry it, and it completes."""
    states = {"from_state": State.FAILED, "to_state": State.PENDING}
    Audit.objects.create(job=job, verb=Verb.RETRY, at=at, **states)
    Job.objects.filter(pk=job.pk).update(state=State.COMPLETED, attempt=2, finished_at=done_at)


def test_the_first_good_end_of_a_target_and_key_after_a_failure_and_no_second() -> None:
    rule("target", "demo.noop")
    ended(NOW - 9 * MINUTE, State.FAILED, key="books")
    ended(NOW - 8 * MINUTE, key="pay")
    ended(NOW - 8 * MINUTE)
    assert found() == [], "others of the target do not make it good"
    good = ended(NOW - 7 * MINUTE, key="books")
    (one,) = found()
    assert one.key[:3] == ("own_recovered", "target", "demo.noop")
    assert one.sentence == (
        f"Job {good.pk} (target demo.noop, queue default) has completed; the one before it of its target and key had "
        "failed for good."
    )
    assert found(NOW + 4 * MINUTE) == [], "it is said of what completed in the last ten minutes"
    ended(NOW + 3 * MINUTE, key="books")
    assert found(NOW + 4 * MINUTE) == [], "the one before it was good"


def test_of_a_schedule_its_runs_follow_each_other_by_their_times() -> None:
    rule("schedule", "nightly")
    nightly = schedule("nightly", now=NOW)
    ran(nightly, NOW - timedelta(days=2), State.FAILED)
    ran(nightly, NOW - timedelta(days=1), State.RUNNING)
    ended(NOW - MINUTE)
    assert found() == []
    run = ran(nightly, NOW - MINUTE)
    (one,) = found()
    assert f"Job {run.job_id} (a run of schedule 'nightly', target demo.noop" in one.sentence
    assert "the run before it had failed for good" in one.sentence


def test_a_run_after_a_good_one_has_recovered_nothing_and_both_of_one_turn_are_seen() -> None:
    rule("schedule", "often")
    often = schedule("often", now=NOW)
    ran(often, NOW - 3 * MINUTE, State.FAILED)
    good = ran(often, NOW - 2 * MINUTE)
    ran(often, NOW - MINUTE)
    (one,) = found()
    assert f"Job {good.job_id} " in one.sentence


def test_of_a_job_that_was_retried_and_not_one_that_never_failed() -> None:
    job = ended(NOW - 9 * MINUTE, State.FAILED)
    rule("job", str(job.pk))
    other = ended(NOW - 8 * MINUTE)
    rule("job", str(other.pk))
    assert found() == [], "that the other of its target failed is not its own"
    retried(job, NOW - 5 * MINUTE, NOW - MINUTE)
    (one,) = found()
    assert one.subject == str(job.pk)
    assert one.sentence.endswith("has completed. It had failed for good, and was retried.")


def test_one_that_is_retried_after_others_were_good_is_not_the_first_good_end() -> None:
    job = ended(NOW - 9 * MINUTE, State.FAILED)
    rule("target", "demo.noop")
    retried(job, NOW - 5 * MINUTE, NOW - MINUTE)
    assert len(found()) == 1
    ended(NOW - 4 * MINUTE)
    assert found() == []


def test_what_recovered_among_more_ends_than_are_looked_at_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    rule("queue", "default")
    ended(NOW - 9 * MINUTE, State.FAILED)
    ended(NOW - MINUTE)
    assert len(found()) == 1
    monkeypatch.setattr(watching, "MOST_ENDED", 1)
    assert found() == []


def test_its_end_is_said_to_nobody(make_destination: Any) -> None:
    rule("target", "demo.noop").destinations.add(make_destination())
    ended(NOW - 9 * MINUTE, State.FAILED)
    ended(NOW - MINUTE)
    keeping.keep(found(), found(), NOW)
    keeping.keep([], [], NOW + seconds(31))
    assert Alert.objects.get().resolved_at is not None
    assert list(Delivery.objects.values_list("event", flat=True)) == ["opened"]
