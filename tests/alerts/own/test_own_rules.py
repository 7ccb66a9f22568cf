"""Rules of people: what makes each true, whom it tells, and what it costs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from jobs.alerts import keeping
from jobs.alerts.conditions import Condition
from jobs.alerts.own import facts, judging
from jobs.conf import conf
from jobs.models import Alert, AlertRule, Audit, Delivery, Job, Objective, Ownership, Team
from jobs.models.querysets import watching
from jobs.rights import EVERYTHING, Reach
from jobs.states import Cause, Hold, State
from jobs.targets import registry
from tests.admin.schedule_rows import missed, ran, schedule
from tests.conftest import NOW, seconds
from tests.monitor.rows import ended, pending, running
from tests.rollups.steps import add
from tests.rollups.steps import ended as counted

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def rule(when: str = "failed", kind: str = "target", name: str = "demo.noop", **more: Any) -> AlertRule:
    return AlertRule.objects.create(kind=kind, name=name, when=when, **more)


def found(now: datetime = NOW) -> list[Condition]:
    rules = list(AlertRule.objects.in_use())
    return judging.judge(rules, facts.ask(rules, now), now)


def failed(at: datetime = NOW, **more: Any) -> Job:
    job = ended(at, State.FAILED, **more)
    job.attempts.update(failure="ValueError in shop.orders:charge")
    return job


def test_a_failure_says_where_and_how_to_go_on(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.JOBS_PUBLIC_URL = "https://runat.example.com"
    known = registry.registered()["demo.noop"]
    monkeypatch.setitem(registry._registry, "demo.noop", replace(known, runbook="https://wiki/x"))
    rule()
    job = failed(NOW - MINUTE, queue="pay", reason="ValueError: the password is hunter2")
    ended(NOW)
    (one,) = found()
    assert one.key == ("own_failed", "target", "demo.noop", AlertRule.objects.get().pk)
    assert one.sentence == (
        f"Job {job.pk} (target demo.noop, queue pay) failed for good: ValueError in shop.orders:charge."
    )
    page = f"https://runat.example.com/jobs/{job.pk}/"
    assert one.remedy == f"Retry it on its page: {page} What to do: https://wiki/x"
    assert one.link == f"/jobs/{job.pk}/"
    assert found(NOW + timedelta(minutes=11)) == []


def test_its_links_lead_to_the_page_with_the_button(admin_client: Client) -> None:
    rule()
    rule("interrupted")
    jobs = {failed(NOW - MINUTE).pk, ended(NOW - MINUTE, State.INTERRUPTED).pk}
    told = found()
    assert {one.link for one in told} == {f"/jobs/{pk}/" for pk in jobs}
    for one in told:
        (address,) = re.findall(r"\S*/jobs/\S+", one.remedy)
        answer = admin_client.get(address.removeprefix(conf().public_url))
        assert answer.status_code == 200
        assert f'action="{one.link}retry/"' in answer.content.decode()


def test_one_that_starts_again_by_itself_has_not_failed_for_good() -> None:
    rule()
    job = failed()
    Job.objects.filter(pk=job.pk).update(state=State.PENDING, locked_at=None, execute_at=None, finished_at=None)
    assert found() == []


def test_each_kind_finds_its_own() -> None:
    team = Team.objects.create(name="books")
    Team.objects.create(name="sales")
    Ownership.objects.create(team=team, kind="queue", name="pay")
    nightly = schedule("nightly", now=NOW)
    job = failed(queue="pay", schedule=nightly, nominal_at=NOW - MINUTE)
    for kind, name in (("queue", "pay"), ("team", "books"), ("target", "demo.noop"), ("job", str(job.pk))):
        rule(kind=kind, name=name)
    for kind, name in (("queue", "mail"), ("team", "sales"), ("target", "demo.fail"), ("job", "999999999")):
        rule(kind=kind, name=name)
    rule(kind="queue", name="mail", when="long", seconds=1)
    assert sorted(one.kind for one in found()) == ["job", "queue", "target", "team"]
    Job.objects.filter(pk=job.pk).update(labels={"team": "sales"})
    assert {one.subject for one in found() if one.kind == "team"} == {"sales"}, "the label goes before the queue"


def test_a_schedule_has_failed_until_a_later_run_completes() -> None:
    rule(kind="schedule", name="nightly")
    nightly = schedule("nightly", now=NOW)
    run = ran(nightly, NOW - timedelta(days=1), State.FAILED)
    assert [one.key[:3] for one in found()] == [("own_failed", "schedule", "nightly")]
    assert f"Job {run.job_id} (a run of schedule 'nightly', target" in found()[0].sentence
    ran(nightly, NOW - MINUTE, State.RUNNING)
    assert len(found()) == 1, "one that runs says nothing yet"
    ran(nightly, NOW - 2 * MINUTE)
    assert found() == []


def to_the_history(job_id: int) -> None:
    """As retention moves it, for good."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM jobs_job LIMIT 0")
        names = ", ".join(f'"{column.name}"' for column in cursor.description)
        into = f"{names}, attempts, waits_for, dependents, moved_at"
        more = "'[]', ARRAY[]::bigint[], ARRAY[]::bigint[], now()"
        cursor.execute(
            f"INSERT INTO jobs_history ({into}) SELECT {names}, {more} FROM jobs_job WHERE id = %s", [job_id]
        )
        cursor.execute("DELETE FROM jobs_attempt WHERE job_id = %s", [job_id])
        cursor.execute("DELETE FROM jobs_job WHERE id = %s", [job_id])


def test_runs_that_wait_and_a_failure_in_the_history_end_nothing() -> None:
    """Only a later run that has completed does."""
    rule(kind="schedule", name="nightly")
    nightly = schedule("nightly", now=NOW)
    run = ran(nightly, NOW - timedelta(days=40), State.FAILED)
    rule(kind="job", name=str(run.job_id))
    for minutes in range(7):
        ran(nightly, NOW - minutes * MINUTE, State.PENDING)
    assert [one.kind for one in found()] == ["schedule", "job"]
    assert run.job_id is not None
    to_the_history(run.job_id)
    assert [one.kind for one in found()] == ["schedule", "job"]
    done = ran(nightly, NOW - timedelta(days=30))
    assert [one.kind for one in found()] == ["job"]
    assert done.job_id is not None
    to_the_history(done.job_id)
    assert [one.kind for one in found()] == ["job"]


def test_held_jobs_that_are_due_later_are_not_read_and_each_queue_has_its_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "MOST_HELD", 2)
    for queue in ("mail", "pay"):
        for number in range(3):
            pending(NOW - seconds(10 - number), queue=queue, holds=Hold.QUEUE)
    Job.objects.bulk_create(
        Job(target="demo.noop", payload={}, queue=queue, run_at=NOW + timedelta(days=9), holds=Hold.APPROVAL)
        for queue in ("mail", "pay")
        for _ in range(200)
    )
    seen = sorted((one.seen.queue, one.run_at) for one in watching.unfinished(NOW))
    assert seen == [(queue, NOW - seconds(at)) for queue in ("mail", "pay") for at in (9, 8)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
        values = {"now": NOW, "most": 10_000, "of_queue": 2}
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {watching.HELD}", values)
        ((plan,),) = cursor.fetchall()
    assert read_by(plan[0]["Plan"]) <= 20, "and not four hundred"


def read_by(plan: dict[str, Any]) -> float:
    """How many rows of the table were read, those that were thrown away among them."""
    of_it = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    mine = of_it if plan.get("Relation Name") == "jobs_job" else 0
    return float(mine + sum(read_by(one) for one in plan.get("Plans", ())))


def test_late_by_its_objective_started_or_not() -> None:
    rule("late", "queue", "pay")
    ended(NOW, delay=seconds(5), queue="pay")
    assert "started late" in found()[0].sentence
    Objective.objects.create(kind="queue", name="pay", share=99, within_ms=10_000)
    assert found() == []
    pending(NOW - seconds(11), queue="pay")
    assert "has not started" in found()[0].sentence
    pending(NOW - seconds(11), queue="mail")
    assert len(found()) == 1


def test_a_missed_time_but_not_one_that_somebody_wanted() -> None:
    rule("missed", "schedule", "nightly")
    nightly = schedule("nightly", now=NOW)
    missed(nightly, NOW - MINUTE, Cause.PERSON)
    assert found() == []
    missed(nightly, NOW - 2 * MINUTE, Cause.DOWNTIME)
    (one,) = found()
    assert "Schedule 'nightly' has no run of" in one.sentence
    assert one.link == "/late/?span=24h&missed=downtime"


def test_an_interrupted_one_until_somebody_decides() -> None:
    rule("interrupted", "target", "demo.noop")
    job = ended(NOW - timedelta(days=3), State.INTERRUPTED)
    assert "was interrupted" in found()[0].sentence
    Job.objects.filter(pk=job.pk).update(state=State.FAILED)
    assert found() == []


def test_what_runs_longer_than_it_may_is_told_before_it_ends() -> None:
    rule("long", "queue", "pay", seconds=60)
    job = running(NOW - seconds(59), queue="pay")
    Job.objects.filter(pk=job.pk).update(locked_at=NOW - seconds(59), run_at=NOW - seconds(59))
    assert found() == []
    (one,) = found(NOW + seconds(2))
    assert "runs for more than 1 min 0 s." in one.sentence


def test_three_times_its_95th_percentile_where_that_is_known() -> None:
    rule("long")
    job = running(NOW)
    Job.objects.filter(pk=job.pk).update(locked_at=NOW, run_at=NOW)
    add(NOW - timedelta(days=1))
    for number in range(19):
        counted(NOW - seconds(100 + number), took=10)
    add(NOW)
    assert found(NOW + timedelta(hours=1)) == [], "nineteen say nothing"
    counted(NOW - seconds(90), took=10)
    add(NOW)
    assert found(NOW + seconds(25)) == []
    (one,) = found(NOW + seconds(35))
    assert "3 times as long as 95 %" in one.sentence


def test_the_last_time_of_day_by_which_it_has_to_have_ended() -> None:
    by = AlertRule(by_time=time(6), time_zone="Europe/Berlin")
    assert judging.deadline(by, datetime(2026, 11, 29, 5, 0, tzinfo=UTC)) == datetime(2026, 11, 29, 5, 0, tzinfo=UTC)
    assert judging.deadline(by, datetime(2026, 11, 29, 4, 59, tzinfo=UTC)) == datetime(2026, 11, 28, 5, 0, tzinfo=UTC)
    assert judging.deadline(by, datetime(2026, 7, 1, 4, 0, tzinfo=UTC)) == datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
    by.time_zone = "Nowhere/No"
    assert judging.deadline(by, datetime(2026, 11, 29, 7, 0, tzinfo=UTC)) == datetime(2026, 11, 29, 6, 0, tzinfo=UTC)


def test_what_has_not_ended_by_a_time_of_day() -> None:
    at = NOW - timedelta(minutes=5)
    rule("not_ended", "queue", "pay", by_time=at.time().replace(tzinfo=None), time_zone="UTC")
    job = running(at - timedelta(hours=2), queue="pay")
    Job.objects.filter(pk=job.pk).update(run_at=at - timedelta(hours=2))
    (one,) = found()
    assert f"was to have ended by {at:%H:%M} UTC and still runs." in one.sentence
    Job.objects.filter(pk=job.pk).update(run_at=at + seconds(1))
    assert found() == [], "it was due after that time"
    Job.objects.filter(pk=job.pk).update(run_at=at - timedelta(days=1, seconds=1))
    assert found() == [], "that was the day before's"


def test_any_number_of_rules_costs_the_same(django_assert_max_num_queries: Any) -> None:
    schedule("nightly", now=NOW)
    failed(queue="pay")
    ended(NOW, delay=seconds(5), queue="pay")
    running(NOW - MINUTE, queue="pay")
    for number in range(15):
        for when in AlertRule.When.values:
            more = {"by_time": time(6)} if when == "not_ended" else {}
            rule(when, "queue", f"q{number}", **more)
            rule(when, "schedule", f"s{number}", **more)
    rules = list(AlertRule.objects.in_use())
    assert len(rules) == 210
    # Failed; schedules and jobs that are still so; what recovered; objectives; late, and whose; missed; interrupted;
    # what has not ended; how long targets take.
    with django_assert_max_num_queries(10):
        judging.judge(rules, facts.ask(rules, NOW), NOW)


def test_those_that_it_names_are_told_and_no_others_and_both_ends(make_destination: Any) -> None:
    everybody = make_destination("everybody")
    books = make_destination("books", pattern="nothing", min_level="bad")
    off = make_destination("off", enabled=False)
    rule().destinations.set([books, off])
    failed()
    keeping.keep(found(), found(), NOW)
    keeping.keep(found(NOW + seconds(10)), found(NOW + seconds(10)), NOW + seconds(10))
    later = NOW + timedelta(minutes=12)
    keeping.keep([], [], later)
    assert list(Delivery.objects.order_by("id").values_list("destination__name", "event")) == [
        ("books", "opened"),
        ("books", "resolved"),
    ]
    assert Alert.objects.get().fingerprint == "own_failed:demo.noop"
    assert everybody.deliveries.count() == 0


@pytest.mark.parametrize("what", ["switched off", "deleted", "tells others"])
def test_whoever_was_told_that_it_opened_is_told_its_end_whatever_became_of_the_rule(
    what: str, make_destination: Any
) -> None:
    books, others = make_destination("books"), make_destination("others")
    row = rule()
    row.destinations.set([books])
    failed()
    keeping.keep(found(), found(), NOW)
    if what == "deleted":
        row.delete()
    elif what == "tells others":
        row.destinations.set([others])
    else:
        AlertRule.objects.update(enabled=False)
    keeping.keep([], [], NOW + MINUTE)
    assert list(Delivery.objects.order_by("id").values_list("destination__name", "event")) == [
        ("books", "opened"),
        ("books", "resolved"),
    ]


def test_who_sees_only_his_teams_sees_those_of_his_schedules_and_teams() -> None:
    for kind, name in (("queue", "pay"), ("target", "t"), ("job", "1"), ("team", "books"), ("team", "sales")):
        Alert.objects.create(
            rule="own_failed", kind=kind, subject=name, level="warn", sentence="s", opened_at=NOW, last_seen_at=NOW
        )
    ours = Reach(teams=frozenset({"books"}), other_teams=frozenset({"sales"}))
    assert [one.subject for one in Alert.objects.within(ours)] == ["books"]
    assert Alert.objects.within(EVERYTHING).count() == 5


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"kind": "job", "name": "nightly"}, "name"),
        ({"kind": "job", "name": "7", "when": "missed"}, "when"),
        ({"when": "not_ended", "by_time": time(6), "time_zone": "Nowhere/No"}, "time_zone"),
        ({"when": "not_ended"}, "__all__"),
        ({"seconds": 5}, "__all__"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], wrong: str) -> None:
    row = AlertRule(**{"kind": "target", "name": "demo.noop", "when": "failed", **fields})
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert wrong in refused.value.message_dict
    if wrong == "__all__":
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


def test_an_administrator_makes_one_and_it_is_audited(admin_client: Client, make_destination: Any) -> None:
    told = make_destination("books")
    form = {"kind": "queue", "name": "pay", "when": "long", "seconds": "60", "level": "bad", "time_zone": "UTC"}
    form |= {"destinations": [str(told.pk)], "enabled": "on", "by_time": ""}
    answer = admin_client.post("/admin/jobs/alertrule/add/", form)
    assert answer.status_code == 302, answer.content
    assert Audit.objects.get(subject="alert_rule").after["destinations"] == ["books"]
    assert "books" in admin_client.get("/admin/jobs/alertrule/").content.decode()
