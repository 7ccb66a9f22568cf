"""`/?at=`: the overview as it was at a moment of the past."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from jobs.models import Alert
from jobs.monitor.overview import moments, trends
from jobs.monitor.overview.moments import NoSuchPast
from tests.conftest import NOW
from tests.monitor.overview.rows import HOUR, MINUTE, counted, floor, sampled
from tests.monitor.reading import text
from tests.monitor.rows import ended, leader, pending, running, worker

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def then(at):
    """A minute two hours ago, of which there are figures; they begin a day ago."""
    when = floor(at) - 2 * HOUR
    sampled(when - DAY)
    sampled(when, pending=7, overdue=3, oldest=90.0, busy=5, slots=10)
    sampled(when, queue="mail", pending=7, overdue=3, oldest=90.0, busy=5, slots=10)
    sampled(when - MINUTE, queue="mail", pending=2)
    counted(when, queue="mail", starts=30, failed=2, delays=[1, 2000])
    counted(when - MINUTE, queue="mail", starts=6)
    return when


def written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"


def test_it_says_where_one_is_and_shows_the_figures_of_that_minute(viewer, then):
    response = viewer.get(f"/?at={written(then)}")
    page = text(response)
    assert response.status_code == 200
    assert f"You are looking at {then:%Y-%m-%d %H:%M} UTC. Go back to now" in page
    assert "Started a minute 30 36 in 1 h" in page
    assert "Failed starts 2 2 in 1 h" in page
    assert "Use of slots 50 % 5 of 10 slots" in page
    assert "Backlog, age 1 min 30 s 3 overdue" in page
    assert re.search(r"mail 7 3 1 min 30 s 5 10 Jobs that waited in mail, [^:]+:\d\d to [^:]+:\d\d UTC: 2 to 7", page)
    assert "Open alerts 0 among those that are kept" in page
    assert "No beat led" not in page


def test_nothing_of_now_is_shown_and_nothing_can_be_changed(client, person, at, then):
    client.force_login(person("view_job", "control_job", "pause_limit", "stop_everything"))
    leader(at)
    worker(at)
    running(at, name="runs now")
    pending(at + MINUTE, name="due soon")
    now, past = (client.get(address).content.decode() for address in ("/", f"/?at={written(then)}"))
    for of_now in (
        "runs now",
        "due soon",
        "w1@host",
        "hx-get",
        "All well",
        'id="trend-planned"',
        "/queues/default/pause/",
    ):
        assert of_now in now
        assert of_now not in past
    content = past[past.index('<main id="content"') : past.index("</main>")]
    assert re.findall(r'<form[^>]* method="([a-z]+)"', content) == ["get"]
    assert not re.search(r"/(pause|resume|drain|cancel|retry)/", content)


def test_each_figure_leads_to_the_jobs_of_that_time(viewer, then):
    job = ended(then + MINUTE / 2, queue="mail")
    ended(then + 2 * MINUTE, queue="mail")
    page = viewer.get(f"/?at={written(then)}").content.decode()
    addresses = dict(re.findall(r'id="((?:trend|queue)-[a-z-]+)" href="([^"]+)"', page))
    assert set(addresses) == {
        *(f"trend-{name}" for name in ["delay", "started", "failed", "late", "use", "backlog", "alerts"]),
        "queue-mail",
    }
    for name in ("trend-delay", "trend-started", "trend-use", "trend-backlog", "queue-mail"):
        rows = viewer.get(html.unescape(addresses[name])).context["rows"]
        assert [row.job.pk for row in rows] == [job.pk], name


def test_one_can_move_in_time_but_not_into_the_future(viewer, then):
    def moves(at):
        page = viewer.get(f"/?at={written(at)}").content.decode()
        nav = page[page.index('aria-label="Move in time"') :]
        return {
            words: html.unescape(link)
            for link, words in re.findall(r'href="([^"]+)">([^<]+)</a>', nav[: nav.index("</nav>")])
        }

    found = moves(then)
    assert list(found) == ["1 day earlier", "1 h earlier", "10 min earlier", "10 min later", "1 h later"]
    assert found["10 min earlier"] == f"/?at={written(then - 10 * MINUTE)}"
    assert viewer.get(found["1 h later"]).status_code == 200
    assert list(moves(then - HOUR))[-1] == "1 h later"


def test_a_time_is_of_the_zone_that_is_named_beside_it(viewer, then):
    local = then.astimezone(moments.ZoneInfo("Asia/Kolkata"))  # no clock changes there
    for typed in (
        f"{local:%Y-%m-%dT%H:%M}",
        local.isoformat(timespec="minutes").replace("+", "%2B"),
        f"{local:%Y-%m-%dT%H:%M}+05:30",
    ):
        page = text(viewer.get(f"/?at={typed}&zone=Asia/Kolkata"))
        assert f"You are looking at {then:%Y-%m-%d %H:%M} UTC ( {local:%Y-%m-%d %H:%M} Asia/Kolkata )." in page.replace(
            "(", "( "
        ).replace(")", " )")
    page = viewer.get(f"/?at={local:%Y-%m-%dT%H:%M}&zone=Asia/Kolkata").content.decode()
    assert f'value="{local:%Y-%m-%dT%H:%M}"' in page
    assert "&amp;zone=Asia%2FKolkata" in page


@pytest.mark.parametrize(
    ("at", "zone", "says"),
    [
        ("2030-01-01T12:01Z", "", "2030-01-01 12:01 UTC lies in the future"),
        ("2029-12-30T12:00Z", "", "is before the figures begin, at 2029-12-31 12:00 UTC."),
        ("2019-12-30T12:00Z", "", "Figures are kept for 731 days; 2019-12-30 12:00 UTC is longer ago."),
        ("0001-01-01T00:00+14:00", "", "There are no figures of that time."),
        ("yesterday", "", "This is not a date and time"),
        ("2030-01-01\0", "", "This is not a date and time"),
        ("2030-01-01T11:00", "Mars/Olympus", "This time zone is not known"),
        ("2029-03-25T02:30", "Europe/Berlin", "Clocks in Europe/Berlin change at this time"),
    ],
)
def test_what_cannot_be_shown_is_said(at, zone, says):
    sampled(floor(NOW) - DAY)
    with pytest.raises(NoSuchPast) as refused:
        moments.moment(at, zone, NOW)
    assert says in str(refused.value)


def test_without_any_figures_it_says_so(viewer, at):
    response = viewer.get(f"/?at={written(at - HOUR)}")
    assert response.status_code == 400
    assert "There are no figures yet" in text(response)
    assert 'id="back-to-now" href="/"' in response.content.decode()
    response = viewer.get(f"/?at={written(at + HOUR)}&zone=%3Cb%3E")
    assert response.status_code == 400
    assert "<b>" not in response.content.decode()


@pytest.mark.parametrize(
    ("ago", "step", "stretches"), [(HOUR, 60, 60), (30 * DAY, 60, 60), (31 * DAY, 3600, 24), (700 * DAY, 3600, 24)]
)
def test_minutes_are_shown_while_they_are_kept_and_then_hours(ago, step, stretches):
    for at in (NOW - 730 * DAY, NOW - 31 * DAY):
        sampled(at)
    found = moments.moment((NOW - ago).isoformat(), "", NOW)
    assert found.asked.step == step
    assert (found.asked.until - found.asked.since) / timedelta(seconds=step) == stretches
    begin, end = found.stretch
    assert begin <= NOW - ago < end


def test_an_hour_of_long_ago_has_its_own_words(viewer, at):
    when = floor(at, 3600) - 100 * DAY
    sampled(when, busy=1, slots=2)
    sampled(when, queue="mail", busy=1, slots=2)
    counted(when, starts=120)
    page = text(viewer.get(f"/?at={written(when + 17 * MINUTE)}"))
    assert f"Figures of the hour from {when:%Y-%m-%d %H:%M} UTC, with 24 hours up to it." in page
    assert "Started a minute 2 120 in 24 h" in page


def test_a_time_without_a_leader_is_said_to_be_not_known(viewer, then):
    page = text(viewer.get(f"/?at={written(then - HOUR)}"))
    assert "No beat led then: what waited and ran is not known." in page
    assert "Use of slots —" in page


def test_a_minute_that_goes_on_is_said_to(viewer, at):
    sampled(at)
    assert "which is not counted to its end yet" in text(viewer.get(f"/?at={written(at)}"))


def test_alerts_are_those_that_were_open_then(viewer, then):
    for begin, end in ((-HOUR, None), (-HOUR, 2 * MINUTE), (-HOUR, -MINUTE), (2 * MINUTE, None)):
        Alert.objects.create(
            rule=f"late{begin}{end}"[:30], level="warn", sentence="Late.", opened_at=then + begin, last_seen_at=then,
            resolved_at=None if end is None else then + end,
        )  # fmt: skip
    assert "Open alerts 2 " in text(viewer.get(f"/?at={written(then)}"))


def test_who_sees_only_jobs_of_his_own_is_led_to_them(client, person, then):
    client.force_login(person("add_job"))
    assert client.get(f"/?at={written(then)}")["Location"] == "/jobs/"


def test_twenty_who_look_at_one_moment_cost_as_one(viewer, then, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(trends, "KEPT_FOR", 600)  # however slow the machine is
    # Session, user, two for the permissions, the teams; since when there are figures, objectives, points, missed runs, skipped
    # jobs, samples of all and of each queue, and alerts.
    with django_assert_num_queries(13):
        viewer.get(f"/?at={written(then)}")
    with django_assert_num_queries(20 * 5):  # who asks is looked up for each
        for _ in range(20):
            viewer.get(f"/?at={written(then)}")


def test_nobody_asks_for_a_moment_by_an_empty_one(viewer):
    assert "All well" in text(viewer.get("/?at=")) or "No beat" in text(viewer.get("/?at="))


def test_the_moments_of_the_page_of_now_are_of_the_past(at):
    assert [words for words, _ in moments.back_from(at)] == ["10 min ago", "1 h ago", "1 day ago"]
    assert (
        moments.address(datetime(2026, 11, 30, 9, 0, tzinfo=UTC), moments.ZoneInfo("UTC")) == "/?at=2026-11-30T09:00Z"
    )
