"""Each rule of the platform: what makes it true, by the database's rows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from jobs.alerts import facts, judging, keeping, overload
from jobs.alerts.conditions import OVERLOAD, RULES
from jobs.forecast.forecast import forecast
from jobs.models import Alert, Job, Leadership, Objective, Occurrence, Schedule, Stop, Worker
from jobs.objectives.burning import Burning, Starts
from jobs.objectives.standing import Standing
from jobs.rights import EVERYTHING
from jobs.states import Cause, State
from tests.conftest import NOW, seconds
from tests.monitor.rows import ended

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def led(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Leadership, "lock_holder", staticmethod(lambda lock: (1, "here", "beat")))


def found(now: Any = NOW, *, broker: bool = True) -> list[str]:
    conditions = judging.judge(facts.ask(now, lambda: broker), now)
    assert all(one.sentence and one.remedy for one in conditions)
    return sorted(":".join(filter(None, (one.rule.name, one.subject))) for one in conditions)


def worker(**more: Any) -> Worker:
    values = {"name": "w1@host", "pid": 1, "pool": "threads", "slots": 5, "queues": ["default"], "heartbeat_at": NOW}
    return Worker.objects.create(session=uuid4(), **values | more)


def test_nothing_is_wrong_with_an_idle_platform() -> None:
    assert found() == []


def test_no_leader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Leadership, "lock_holder", staticmethod(lambda lock: None))
    assert found() == ["no_leader"]


def test_broker_away() -> None:
    assert found(broker=False) == ["broker"]


def test_a_queue_without_a_worker_whose_jobs_are_due(make_job: Any) -> None:
    worker()
    make_job(60)
    make_job(60, queue="mail")
    assert found(NOW + seconds(5)) == []
    Worker.objects.update(heartbeat_at=NOW + seconds(61))
    assert found(NOW + seconds(61)) == ["no_worker:mail"]
    Worker.objects.update(refusing="its disk is full")
    assert found(NOW + seconds(61)) == ["no_worker:default", "no_worker:mail"]


def test_a_backlog_but_not_while_everything_is_stopped(make_job: Any) -> None:
    make_job(60)
    now = NOW + seconds(91)
    worker(heartbeat_at=now)
    assert found(now) == ["backlog:default"]
    Stop.objects.create(begins_at=NOW, reason="The hosts are moved.", created_at=NOW)
    assert found(now) == []


def test_late_starts_by_queue() -> None:
    ended(NOW, delay=seconds(35), queue="pay")
    ended(NOW, delay=seconds(1), queue="mail")
    assert found() == ["late:pay"]
    assert found(NOW + timedelta(minutes=11)) == []


def test_many_failures_and_not_few() -> None:
    for _ in range(4):
        ended(NOW, State.FAILED)
    assert found() == []
    ended(NOW, State.FAILED)
    assert found() == ["failed"]
    for _ in range(21):
        ended(NOW)
    assert found() == []


def test_interrupted_ones_until_somebody_decides() -> None:
    ended(NOW, State.INTERRUPTED)
    assert found(NOW + timedelta(days=3)) == ["interrupted"]
    Job.objects.update(state=State.FAILED)
    assert found(NOW + timedelta(days=3)) == []


def test_missed_times_but_not_those_that_somebody_wanted() -> None:
    values = {"dialect": "interval", "expression": "60", "target": "demo.noop", "anchored_at": NOW}
    values |= {"created_at": NOW, "accounted_until": NOW}
    for name, cause in (("lost", Cause.DOWNTIME), ("paused", Cause.PAUSED)):
        schedule = Schedule.objects.create(name=name, **values)
        Occurrence.objects.create(
            schedule=schedule, nominal_at=NOW - seconds(90), cause=cause, noted_at=NOW - seconds(9)
        )
    assert found() == ["missed:lost"]
    assert found(NOW + timedelta(minutes=11)) == []


def test_a_budget_that_burns_too_fast() -> None:
    spans = {timedelta(minutes=5): Starts(10, 5), timedelta(hours=1): Starts(10, 5)}
    of_queue = Objective(pk=1, kind="queue", name="mail", share=Decimal("99.9"), within_ms=1000, days=30)
    of_target = Objective(pk=2, kind="target", name="mail", share=Decimal("99.9"), within_ms=1000, days=30)
    standing = [
        Standing(one, Burning(0.001, 30, Starts(100_000, late), spans))
        for one, late in ((of_queue, 99), (of_target, 101))
    ]
    conditions = judging.of_budgets(standing)
    assert [one.key[:3] for one in conditions] == [
        ("burns_fast", "queue", "mail"),
        ("burns_fast", "target", "mail"),
        ("spent", "target", "mail"),
    ]
    assert conditions[0].sentence == (
        "The queue 'mail' burns its error budget fast: 99.9 % of the starts of queue 'mail' are to be within 1 s over "
        "30 days."
    )
    keeping.keep(conditions, conditions, NOW)
    assert Alert.objects.open().count() == 3, "of a queue and a target of one name"


def overloads(now: Any = NOW) -> list[str]:
    asked = facts.ask(now, lambda: True, ahead=overload.look(now))
    return [f"{one.subject}: {one.sentence}" for one in judging.judge(asked, now) if one.rule == OVERLOAD]


def test_an_overload_before_it_comes_in_the_words_of_the_forecast(make_job: Any) -> None:
    worker(slots=2, queues=["mail", "pay"])
    some = [make_job(1800, queue="mail") for _ in range(5)]  # of a second each, as none has ended yet
    for _ in range(9):
        make_job(1800, queue="of-nobody")
    (said,) = overloads()
    (queue,) = forecast(now=NOW, hours=24, within=EVERYTHING, queue="mail").queues
    assert said == f"mail: Queue mail: {queue.overloads[0].text}"
    assert "needs 5 slots, has 2, and not alone: delays up to 2 s." in said
    Job.objects.filter(pk__in=[job.pk for job in some[:3]]).update(run_at=NOW + timedelta(minutes=20))
    assert overloads() == []
    Job.objects.filter(queue="mail").update(run_at=NOW + timedelta(minutes=61))
    assert overloads() == [], "not within the hour"
    Job.objects.filter(queue="mail").update(run_at=NOW + timedelta(minutes=4))
    Worker.objects.update(slots=3)
    assert overloads() == []
    Worker.objects.update(slots=2)
    assert len(overloads()) == 1
    Stop.objects.create(begins_at=NOW, reason="The hosts are moved.", created_at=NOW)
    assert overloads() == [], "nothing starts"


def test_an_overload_has_the_slots_of_workers_that_serve_several_queues_once(make_job: Any) -> None:
    """Two queues need five slots each at the same moment: alone each would wait for a second at most, together the last
    of the ten starts after two."""
    worker(slots=4, queues=["mail", "pay"])
    for queue in ("mail", "pay"):
        for _ in range(3):
            make_job(600, queue=queue)
    assert overloads() == [], "two wait for a second, which is not late"
    for queue in ("mail", "pay"):
        for _ in range(2):
            make_job(600, queue=queue)
    assert [said.partition(":")[0] for said in overloads()] == ["pay"]


def test_an_overload_that_goes_on_after_the_hour_is_said_as_it_is(make_job: Any) -> None:
    worker(slots=1, queues=["mail"])
    for minute in range(55, 70):
        for _ in range(80):
            make_job(60 * minute, queue="mail")
    (said,) = overload.look(NOW)
    (queue,) = forecast(now=NOW, hours=24, within=EVERYTHING).queues
    assert said.until > NOW + overload.AHEAD
    assert said == queue.overloads[0]


def test_an_open_alert_says_what_the_forecast_says_now(make_job: Any) -> None:
    worker(slots=1, queues=["mail"], heartbeat_at=NOW + timedelta(minutes=1))
    for _ in range(3):
        make_job(600, queue="mail")
    conditions = judging.judge(facts.ask(NOW, lambda: True, ahead=overload.look(NOW)), NOW)
    keeping.keep(conditions, conditions, NOW)
    for _ in range(3):
        make_job(600, queue="mail")
    later = NOW + timedelta(minutes=1)
    conditions = judging.judge(facts.ask(later, lambda: True, ahead=overload.look(later)), later)
    assert keeping.keep(conditions, conditions, later) == [], "it is said once"
    (alert,) = Alert.objects.open()
    assert "needs 6 slots, has 1" in alert.sentence
    assert alert.link == "/forecast/?queue=mail"


def test_what_is_ahead_costs_two_statements_where_nothing_is(django_assert_num_queries: Any) -> None:
    """What is pending and runs, and schedules."""
    with django_assert_num_queries(2):
        assert overload.look(NOW) == ()


def test_what_is_ahead_costs_five_statements_where_all_of_it_fits(
    make_job: Any, django_assert_num_queries: Any
) -> None:
    """How long bodies took, workers, and limits, beside."""
    worker(queues=["mail"])
    make_job(600, queue="mail")
    with django_assert_num_queries(5):
        assert overload.look(NOW) == ()


def test_the_docs_have_each_rule() -> None:
    doc = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()
    table = doc.partition("<!-- rules -->\n")[2].partition("<!-- end")[0].splitlines()
    spans = {rule: f", for {rule.after.total_seconds():g} s" if rule.after else "" for rule in RULES}
    assert table == [f"| `{rule.name}` | {rule.level} | {rule.about}{span} |" for rule, span in spans.items()]


def test_a_clock_that_is_off() -> None:
    worker(offset_ms=400)
    worker(name="w2@host", offset_ms=-100)
    assert found() == ["clock:w1@host"]
