"""Points of the past: merged over what somebody sees, as if it had been counted together."""

from datetime import timedelta

import pytest

from jobs.models import Objective, Team
from jobs.models.rollups import adding, series
from jobs.rights import EVERYTHING
from jobs.rights.reach import Owned, Reach
from tests.conftest import NOW, seconds
from tests.rollups.steps import add, ended, pending, start

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _begun():
    add(NOW - seconds(10))


def span(step=60, **more):
    return series.span(since=NOW - HOUR, until=NOW + HOUR, now=NOW, step=step, **more)


def counts(within=EVERYTHING, **more):
    return [(point.at, point.starts, point.completed) for point in series.points(span(**more), within=within)]


def test_points_are_of_their_step_whatever_was_stored():
    for after in (0, 6, 7, 57, 200):
        ended(NOW + seconds(after))
    add(NOW + seconds(300))
    minute = NOW - seconds(3)
    tens = [(minute + seconds(after), count) for after, count in ((0, 2), (10, 1), (60, 1), (200, 1))]
    assert [(at, starts) for at, starts, _ in counts(step=10)] == tens
    assert counts(step=20)[0] == (minute, 3, 3)
    assert counts(step=60) == [(minute, 3, 3), (minute + seconds(60), 1, 1), (minute + seconds(180), 1, 1)]
    assert counts(step=300) == [(minute, 5, 5)]
    assert counts(step=3600) == [(minute, 5, 5)]


def test_lengths_are_those_of_all_together():
    for late in (0.001, 0.002, 0.003, 2.0):
        ended(late=late, took=0.5, queue=f"q{late}")
    add()
    (point,) = series.points(span(), within=EVERYTHING)
    delay, duration = point.delay, point.duration
    assert (delay.number, delay.mean, delay.high) == (4, pytest.approx(501.5), 2000.0)
    assert delay.stdev == pytest.approx(865.16, rel=1e-3)
    assert delay.p50 == pytest.approx(2.0, rel=0.11)
    assert delay.p99 == pytest.approx(2000.0, rel=0.11)
    assert (duration.mean, duration.stdev) == (pytest.approx(500.0), pytest.approx(0.0, abs=1e-3))


def late(**more):
    found = series.points(span(step=10), within=EVERYTHING, **more)
    return sum(point.delay.number for point in found), sum(point.late for point in found)


def test_how_many_were_a_second_late_is_exact():
    for delay in (0.001, 0.999, 1.0, 1.001, 90.0):
        ended(late=delay)
    add(NOW + seconds(100))
    assert late() == (5, 3)


def test_how_many_were_late_by_the_objective_of_their_target_else_of_their_queue():
    for kind, name, within_ms in (("target", "demo.sleep", 10_000), ("queue", "mail", 100), ("schedule", "mail", 10)):
        Objective.objects.create(kind=kind, name=name, share=99, within_ms=within_ms)
    for delay in (0.05, 0.5, 5.0, 50.0):
        ended(late=delay)
        ended(late=delay, queue="mail")
        ended(late=delay, queue="mail", target="demo.sleep")
    add(NOW + seconds(100))
    assert late() == (12, 2 + 2 + 2)
    assert late(limits=Objective.objects.start_limits()) == (12, 2 + 3 + 1)


def test_a_stretch_of_starts_alone_has_no_lengths():
    start()
    add()
    (point,) = series.points(span(), within=EVERYTHING)
    assert (point.starts, point.delay, point.duration) == (1, series.Lengths(0), series.Lengths(0))


def test_of_one_queue_or_target():
    ended(queue="mail")
    ended(target="demo.sleep")
    add()
    assert [row[1] for row in counts()] == [2]
    assert [row[1] for row in counts(queue="mail")] == [1]
    assert [row[1] for row in counts(target="demo.sleep")] == [1]
    assert counts(queue="mail", target="demo.sleep") == []


def test_each_sees_what_is_within_his_reach(monkeypatch):
    Team.objects.create(name="payroll")
    Team.objects.create(name="shop")
    ended(queue="pay")
    ended(queue="pay", labels={"team": "shop"})
    ended(queue="default", labels={"team": "payroll"})
    ended(queue="default")
    monkeypatch.setattr(adding, "MOST_SERIES", 0)
    ended(queue="extra")
    add()
    ours = Reach(
        user_id=1,
        teams=frozenset({"payroll"}),
        other_teams=frozenset({"shop"}),
        owned=frozenset({Owned("queue", "pay", "payroll")}),
    )
    monkeypatch.undo()
    add()
    assert [row[1] for row in counts()] == [5]
    assert counts(within=ours) == [], "all are in the rest, which is for those who see all"


def test_a_team_sees_its_label_and_its_queues():
    Team.objects.create(name="payroll")
    Team.objects.create(name="shop")
    for queue, team in (("pay", ""), ("pay", "shop"), ("default", "payroll"), ("default", "")):
        ended(queue=queue, labels={"team": team} if team else {})
    pending(NOW + seconds(60), queue="pay")
    pending(NOW + seconds(60))
    add()
    ours = Reach(
        user_id=1,
        teams=frozenset({"payroll"}),
        other_teams=frozenset({"shop"}),
        owned=frozenset({Owned("queue", "pay", "payroll")}),
    )
    assert [row[1] for row in counts()] == [4]
    assert [row[1] for row in counts(within=ours)] == [2]
    assert counts(within=ours.scoped(queues=["default"])) == [(NOW - seconds(3), 1, 1)]
    assert counts(within=Reach(user_id=1, everything=True, own_only=True)) == []
    (point,) = series.queue_points(span(), within=ours)
    assert (point.pending, point.slots) == (1, None)
    (point,) = series.queue_points(span(), within=EVERYTHING)
    assert (point.pending, point.slots) == (2, 0)
    assert series.queue_points(span(target="demo.noop"), within=EVERYTHING) == []


def test_queues_have_the_mean_of_their_samples():
    pending(NOW + seconds(3600))
    add()
    pending(NOW + seconds(3600))
    add(NOW + seconds(10))
    (point,) = series.queue_points(span(), within=EVERYTHING)
    assert (point.at, point.pending, point.pending_max, point.overdue_max) == (NOW - seconds(3), 1.5, 2, 0)
    (point,) = series.queue_points(span(queue="default"), within=EVERYTHING)
    assert (point.pending, point.slots) == (1.5, 0)


@pytest.mark.parametrize(
    ("days", "step", "says"),
    [
        (0.5, 15, "steps of 10 "),
        (2, 10, "steps of 60 "),
        (40, 60, "steps of 3600 "),
        (1, 0, "steps"),
        (30, 60, "2,000"),
    ],
)
def test_a_step_that_there_is_not_is_refused(days, step, says):
    with pytest.raises(ValueError, match=says):
        series.span(since=NOW - timedelta(days=days), until=NOW, now=NOW, step=step)


@pytest.mark.parametrize(
    ("days", "step"),
    [(1 / 24, 10), (1, 300), (0.25, 60), (7, 3600), (40, 6 * 3600), (365, 86_400), (4000, 7 * 86_400)],
)
def test_without_a_step_there_are_not_many_points(days, step):
    asked = series.span(since=NOW - timedelta(days=days), until=NOW, now=NOW)
    assert asked.step == step
    assert asked.since <= NOW - timedelta(days=days) < asked.since + seconds(step)
