"""Whose starts an objective shows: a target may be given to several teams, and each gets the figures of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

from jobs.clock import clock
from jobs.models import Objective
from jobs.models.rollups import budgets
from jobs.objectives import standing
from jobs.objectives.burning import SPANS
from jobs.rights import EVERYTHING, reach_of
from tests.admin.schedule_rows import ran, schedule
from tests.api.conftest import bearer
from tests.conftest import NOW, seconds
from tests.rights.conftest import MakeTeam, MakeUser, make_team, make_user, page_of  # noqa: F401
from tests.rollups.steps import add, ended

pytestmark = pytest.mark.django_db
OF_TARGET = "/api/v1/objectives/target/demo.noop/"


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def users(make_user: MakeUser, make_team: MakeTeam) -> tuple[User, User]:  # noqa: F811
    """One of each team, both may start the target; it has started for both."""
    ours, theirs = make_user("ours", "viewer"), make_user("theirs", "viewer")
    for name, user in (("ours", ours), ("theirs", theirs)):
        make_team(name, user, queues=[f"{name}-q"], targets=["demo.noop"])
    now = clock.now() - timedelta(minutes=1)
    add(now - timedelta(days=1))
    for queue, labels, delays in (
        ("ours-q", {}, (0.001, 3)),
        ("theirs-q", {}, (0.001, 4, 5, 6)),
        ("ours-q", {"team": "theirs"}, (7,)),
    ):
        for delay in delays:
            ended(now, queue=queue, late=delay, labels=labels)
    add(clock.now())
    Objective.objects.create(kind="target", name="demo.noop", share=99, within_ms=1000)
    Objective.objects.create(kind="queue", name="ours-q", share=99, within_ms=1000)
    return User.objects.get(pk=ours.pk), User.objects.get(pk=theirs.pk)


def test_each_team_gets_the_figures_of_its_own_by_rest(users: tuple[User, User]) -> None:
    ours, theirs = map(bearer, users)
    assert [(one["starts"], one["late"]) for one in (ours.get(OF_TARGET).json(), theirs.get(OF_TARGET).json())] == [
        (2, 1),
        (5, 4),
    ]
    listed = {one["kind"]: (one["starts"], one["late"]) for one in ours.get("/api/v1/objectives/").json()}
    assert listed == {"target": (2, 1), "queue": (2, 1)}
    everything = bearer(User.objects.create_superuser("root")).get("/api/v1/objectives/").json()
    assert {one["kind"]: (one["starts"], one["late"]) for one in everything} == {"target": (7, 5), "queue": (3, 2)}


def test_and_on_the_page_which_says_so(users: tuple[User, User]) -> None:
    shown = " ".join(page_of(users[0]).get("/objectives/").content.decode().split())
    assert "of 2 starts" in shown
    assert "of 7 starts" not in shown
    assert "only the starts of your teams count here" in shown


@pytest.mark.usefixtures("users")
def test_a_token_of_one_queue_has_the_figures_of_that() -> None:
    (one,) = standing.latest(clock.now(), EVERYTHING.scoped(queues=["ours-q"]))
    assert (one.objective.kind, one.burning.whole.starts) == ("queue", 3)


def test_schedules_have_a_bound_in_sum_and_the_rest_of_one_is_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "RUNS_IN_ALL", 12)
    for name, runs in (("rare", 2), ("often", 9), ("oftener", 20)):
        of = schedule(name, now=NOW)
        for minute in range(runs):
            ran(of, NOW - seconds(10 * minute + 1), late=seconds(9 if minute >= 4 else 0.1))
    asked = [
        budgets.Asked(n, "schedule", name, 1000, 30) for n, name in enumerate(("rare", "often", "oftener", "none"))
    ]
    found = {one.id: (one.starts, one.late) for one in budgets.count(asked, SPANS, NOW) if one.span.days == 30}
    assert found == {0: (2, 0), 1: (5, 1), 2: (5, 1)}, "four each for three; of the rare one's two are left"
    (alone,) = (one for one in budgets.count(asked[2:3], SPANS, NOW) if one.span.days == 30)
    assert alone.starts == 12
    monkeypatch.setattr(budgets, "MOST_RUNS", 3)
    assert max(one.starts for one in budgets.count(asked, SPANS, NOW)) == 3


def test_what_is_kept_is_counted_once_for_a_team(
    users: tuple[User, User], django_assert_num_queries: pytest.FixtureRequest
) -> None:
    first, second = reach_of(users[0]), reach_of(users[1])
    with django_assert_num_queries(5):  # type: ignore[operator] # objectives; shared counts; figures; which are seen; theirs
        standing.latest(clock.now(), first)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert standing.latest(clock.now(), first)[0].burning.whole.starts == 2
    with django_assert_num_queries(3):  # type: ignore[operator] # those of another team are its own
        standing.latest(clock.now(), second)
