"""The last hour on `/`: what is counted, for whom, and what it costs."""

from __future__ import annotations

import html
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

from jobs.models import Alert, Objective, Team
from jobs.models.querysets.seeing_alike import of_teams
from jobs.models.rollups.series import Asked
from jobs.monitor import cached_page, late_found
from jobs.monitor.overview import trends
from jobs.monitor.overview.tiles import of_queues, tiles
from jobs.rights import EVERYTHING
from jobs.rights.reach import Owned, Reach
from jobs.states import Cause, State
from tests.admin.schedule_rows import missed, schedule
from tests.conftest import NOW, seconds
from tests.monitor.overview.rows import HOUR, MINUTE, counted, floor, sampled
from tests.monitor.rows import MS, ended, pending

pytestmark = pytest.mark.django_db
UNTIL = floor(NOW)
ASKED = Asked(UNTIL - HOUR, UNTIL, 60)
OURS = Reach(
    user_id=1,
    teams=frozenset({"payroll"}),
    other_teams=frozenset({"shop"}),
    owned=frozenset({Owned("queue", "pay", "payroll"), Owned("queue", "till", "shop")}),
)


@pytest.fixture
def an_hour():
    """Counted from half an hour ago on, of two teams."""
    for team in ("payroll", "shop"):
        Team.objects.create(name=team)
    sampled(UNTIL - 30 * MINUTE, slots=10)
    sampled(UNTIL - MINUTE, pending=7, overdue=3, oldest=90.0, busy=4, slots=10)
    sampled(UNTIL - MINUTE, queue="pay", pending=5, overdue=3, oldest=90.0, busy=1, slots=4)
    sampled(UNTIL - MINUTE, queue="till", pending=2, busy=3, slots=6)
    counted(UNTIL - 20 * MINUTE, queue="pay", starts=30, failed=2, delays=[1, 1, 1, 1500])
    counted(UNTIL - MINUTE, queue="till", starts=12, delays=[999, 1000])


def read(reach=EVERYTHING, **more):
    return trends.read(ASKED, of_teams(reach), **more)


def shown(reach=EVERYTHING, **more):
    return {tile.name: tile for tile in tiles(read(reach, planned_from=UNTIL), alerts=0, **more)}


def test_a_value_for_each_minute_and_none_before_anything_was_counted(an_hour):
    found = read()
    assert found.starts[:30] == (None,) * 30
    assert found.starts[30:] == (0,) * 10 + (30,) + (0,) * 18 + (12,)
    assert (found.failed[40], found.late[40], found.late[59]) == (2, 1, 1)
    assert found.p99[40] == 1500
    assert found.p99[41] is None, "no start, no delay"
    assert found.all.busy[30:] == (0, *(None,) * 28, 4), "not sampled is not known"
    assert found.all.use[59] == 40


def test_tiles_say_it(an_hour):
    found = shown()
    assert found["delay"].value == "1.50 s"
    assert found["delay"].beside == "p50 1.10 ms, late after 1\u00a0s"
    assert found["delay"].level == "warn"
    assert (found["started"].value, found["started"].beside) == ("12", "42 in 1 h")
    assert (found["failed"].value, found["failed"].level) == ("2", "warn")
    assert (found["late"].value, found["late"].level) == ("2", "warn")
    assert (found["use"].value, found["use"].beside, found["use"].level) == ("40 %", "4 of 10 slots", "")
    assert (found["backlog"].value, found["backlog"].beside) == ("1 min 30 s", "3 overdue")


def test_nothing_counted_is_a_dash_and_not_a_nought():
    found = shown()
    assert {name: found[name].value for name in ("delay", "started", "failed", "late", "use", "backlog")} == (
        dict.fromkeys(("delay", "started", "failed", "late", "use", "backlog"), "—")
    )
    assert all(tile.level == "" for tile in found.values())


def test_missed_ones_are_counted_beside_late_ones(an_hour):
    ended(UNTIL - 5 * MINUTE, State.SKIPPED)
    ended(UNTIL - 2 * HOUR, State.SKIPPED)
    found = shown()["late"]
    assert found.more == ("1 missed", "/late/?span=1h")
    assert found.spark.values[55] == 1


def test_a_row_of_many_missed_times_counts_all_of_them_as_the_page_of_late_ones_does(an_hour):
    of = schedule("often", now=NOW)
    missed(of, UNTIL - 40 * MINUTE, Cause.DOWNTIME, until=UNTIL - 5 * MINUTE, count=2100)
    found = shown()["late"]
    assert found.more == ("2,100 missed", "/late/?span=1h")
    assert found.spark.values[55] == 2100
    page = late_found.find({}, UNTIL - HOUR, UNTIL, EVERYTHING)
    assert sum(line.times for line in page.missed) == 2100


def test_the_tile_the_page_of_late_ones_and_rest_say_the_same_of_objectives(admin_client):
    Objective.objects.create(kind="queue", name="pay", share=99, within_ms=100)
    Objective.objects.create(kind="target", name="demo.sleep", share=99, within_ms=10_000)
    at = UNTIL - 2 * MINUTE
    sampled(at)
    for queue, target, delays in (
        ("pay", "demo.noop", (50, 500, 5_000)),  # two of them
        ("pay", "demo.sleep", (500, 5_000, 50_000)),  # one
        ("mail", "demo.noop", (500, 5_000)),  # one: it has no objective
    ):
        counted(at, queue=queue, target=target, starts=len(delays), delays=delays)
        for delay in delays:
            ended(at, queue=queue, target=target, delay=delay * MS)
    tile = shown()["late"]
    assert (tile.title, tile.value, tile.address) == ("Late starts", "4", "/late/?span=1h")
    assert shown()["delay"].beside.endswith("late after 1\u00a0s or by its objective")
    assert len(late_found.find({}, UNTIL - HOUR, UNTIL, EVERYTHING).late) == 4
    query = {"since": (UNTIL - HOUR).isoformat(), "until": UNTIL.isoformat(), "step": 60}
    answer = admin_client.get("/api/v1/series/", query).json()
    assert sum(point["late"] for point in answer["points"]) == 4


def test_the_delay_is_marked_where_more_than_one_in_a_hundred_is_late_by_its_objective():
    sampled(UNTIL - MINUTE)
    counted(UNTIL - MINUTE, queue="pay", starts=100, delays=[200] + 99 * [1])
    assert shown()["delay"].level == ""
    Objective.objects.create(kind="queue", name="pay", share=99, within_ms=100)
    assert shown()["delay"].level == "", "one of a hundred is allowed"
    counted(UNTIL - MINUTE, queue="pay", starts=1, delays=[200])
    assert shown()["delay"].level == "warn"


def test_that_there_are_no_figures_yet_is_kept_too(django_assert_num_queries):
    cache.clear()
    with django_assert_num_queries(1):
        assert [trends.begins(60), trends.begins(60)] == [None, None]


def test_one_who_asks_for_long_holds_up_only_those_who_ask_the_same(monkeypatch):
    began, go_on = threading.Event(), threading.Event()

    def read(asked, reach, **more):
        if asked.since < UNTIL - 2 * HOUR:
            began.set()
            assert go_on.wait(60)
        return asked

    monkeypatch.setattr(trends, "read", read)
    cache.clear()
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(trends.past, Asked(UNTIL - 4 * HOUR, UNTIL - 3 * HOUR, 60), EVERYTHING)
        try:
            assert began.wait(60)
            others = pool.submit(trends.latest, UNTIL + trends.LAG, EVERYTHING)
            assert others.result(20) == ASKED
        finally:
            go_on.set()
        assert slow.result(60)


def test_the_next_hour_is_counted_by_the_minute_and_in_slots(an_hour):
    for after in (0, 30, 61, 3599):
        pending(UNTIL + seconds(after))
    pending(UNTIL + HOUR)
    found = read(planned_from=UNTIL).planned
    assert found.starts == (2, 1, *(0,) * 57, 1)
    assert found.slots == pytest.approx(0.1), "one start of a second, where nothing has ended yet, in ten seconds"
    assert shown()["planned"].value == "4"


def test_who_sees_what_a_team_owns_has_the_figures_of_that(an_hour):
    pending(UNTIL + MINUTE, queue="pay")
    pending(UNTIL + MINUTE, queue="till")
    found = read(OURS, planned_from=UNTIL)
    assert (sum(filter(None, found.starts)), sum(filter(None, found.failed))) == (30, 2)
    assert (found.all.pending[59], found.all.slots[59]) == (5, None)
    assert list(found.queues) == ["pay"]
    assert sum(found.planned.starts) == 1
    use = shown(OURS)["use"]
    assert (use.title, use.value, use.beside) == ("Running, in the mean", "1", "")


def test_queues_have_charts_of_their_own(an_hour):
    found = of_queues(read())
    assert set(found) == {"pay", "till"}
    pay = found["pay"]
    assert (pay.pending, pay.overdue, pay.oldest, pay.busy, pay.slots) == ("5", "3", "1 min 30 s", "1", "4")
    assert pay.use.values[-1] == 25
    assert pay.waiting.values[:59] == (None,) * 59


def test_what_is_asked_of_the_database_is_asked_once_for_all(an_hour, django_assert_num_queries):
    # Since when there are figures, objectives, points, missed runs, skipped jobs, samples of all and of each queue, what is due in
    # the next hour, and schedules, of which none comes, once a minute.
    cache.clear()
    with django_assert_num_queries(9):
        trends.latest(UNTIL + trends.LAG, EVERYTHING)
    with django_assert_num_queries(0):
        for _ in range(20):
            trends.latest(UNTIL + trends.LAG, EVERYTHING)
    with django_assert_num_queries(8):  # since when there are figures is the same for all
        trends.latest(UNTIL + trends.LAG, OURS)
    of_another = Reach(**{**OURS.__dict__, "user_id": 2})
    with django_assert_num_queries(0):  # of the same team
        assert trends.latest(UNTIL + trends.LAG, of_another) == trends.latest(UNTIL + trends.LAG, OURS)
    theirs = Reach(user_id=3, teams=OURS.other_teams, other_teams=OURS.teams, owned=OURS.owned)
    assert list(trends.latest(UNTIL + trends.LAG, theirs).queues) == ["till"]


def person(name: str) -> Client:
    user = User.objects.create_user(name)
    user.user_permissions.add(Permission.objects.get(codename="view_job"))
    client = Client()
    client.force_login(user)
    return client


def test_twenty_viewers_cost_the_database_as_one(django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(cached_page, "KEPT_FOR", 600)  # however slow the machine is
    monkeypatch.setattr(trends, "KEPT_FOR", 600)
    for seldom in ("access.MAY_LOOK_FOR", "figures.DURATIONS_KEPT_FOR", "late_figures.KEPT_FOR"):
        monkeypatch.setattr(f"jobs.monitor.{seldom}", 600)
    monkeypatch.setattr("jobs.forecast.soon.NONE_FOR", 600)
    monkeypatch.setattr("jobs.objectives.standing.KEPT_FOR", 600)
    monkeypatch.setattr("jobs.objectives.standing.READ_FOR", 600)
    viewers = [person(f"viewer {n}") for n in range(20)]
    for viewer in viewers:  # who may look is asked of each
        viewer.get("/monitor/live/")
    for name in (cached_page.KEY, trends.KEY, f"{trends.KEY}-begins-60"):
        cache.delete(name)
    with django_assert_num_queries(25):  # 17 of the snapshot, 8 of the figures: as one viewer costs
        pages = {viewer.get("/monitor/live/").content for viewer in viewers}
    assert len(pages) == 1


def test_each_tile_leads_somewhere_and_says_its_chart_in_words(viewer, at):
    until = floor(at - trends.LAG)
    sampled(until - MINUTE, busy=1, slots=2)
    counted(until - MINUTE, starts=3, delays=[1])
    Alert.objects.create(rule="late", level="warn", sentence="Late.", opened_at=at, last_seen_at=at)
    page = viewer.get("/").content.decode()
    tiles_part = page[page.index('<ul class="trends"') : page.index("</ul>", page.index('<ul class="trends"'))]
    addresses = dict(re.findall(r'id="trend-([a-z-]+)" href="([^"]+)"', tiles_part))
    assert set(addresses) == {"delay", "started", "failed", "late", "late-more", "use", "backlog", "planned", "alerts"}
    for name, address in addresses.items():
        if name != "alerts":
            assert viewer.get(html.unescape(address)).status_code == 200, address
    assert addresses["alerts"] == "/alerts/"
    assert tiles_part.count('role="img"') == 7
    assert tiles_part.count("<title>") == 7
    assert "Use of the slots" in tiles_part
