"""The page /forecast/."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.clock import clock
from jobs.forecast import reading
from jobs.models import Job
from jobs.monitor.ahead.forecast import in_words
from jobs.rights import Reach
from tests.api.conftest import bearer
from tests.monitor.rows import pending, worker
from tests.rights.conftest import ada, make_team, make_user  # noqa: F401

FORECAST = "/forecast/"


@pytest.fixture
def client(db: None) -> Client:
    one = Client()
    one.force_login(User.objects.create_superuser("root"))
    return one


def shown(client: Client, **query: str) -> str:
    answer = client.get(FORECAST, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_nothing_planned(client: Client) -> None:
    assert "Nothing is planned for the next 24 hours." in shown(client)
    assert "Nothing is planned for the next 7 days." in shown(client, hours="168")


def test_an_overload_is_in_words_hatched_and_in_the_table(client: Client) -> None:
    now = clock.current()
    worker(now, slots=2, queues=["mail"])
    for _ in range(9):
        pending(now + timedelta(hours=1), queue="mail")
    text = shown(client)
    assert "1 queue will start runs late in the next 24 hours." in text
    assert "needs 9 slots, has 2: delays up to 4 s." in text
    assert "celery -A project worker -P threads -c 7 -n more@%h -Q mail" in text
    assert "Spread over 60 s it fits." in text
    assert text.count('fill="url(#late-1)"') == 1
    assert '<td class="number">9 of 2</td><td class="late">4 s</td>' in text
    assert "Unknown: reckoned with 1 s a run, since none has ended lately: <code>demo.noop</code>." in text
    text = shown(client, slots="7")
    assert "starts on time, with 7 more slots for each queue." in text
    assert "url(#late-1)" not in text


def test_an_overload_leads_to_the_pages_that_spread_and_move_its_jobs_and_no_others(client: Client) -> None:
    now = clock.current().replace(microsecond=0)
    worker(now, slots=2, queues=["mail"])
    for _ in range(9):
        pending(now + timedelta(hours=1), queue="mail")
    worker(now, "w2@host", slots=2, queues=["other"])
    pending(now + timedelta(hours=1), queue="other")
    pending(now + timedelta(hours=2), queue="mail")
    text = shown(client)
    for action, words in (("spread", "Spread: 9 jobs"), ("reschedule", "Reschedule: 9 jobs")):
        (link,) = re.findall(rf'href="(/operations/new/\?action={action}[^"]*)"', text)
        page = client.get(html.unescape(link)).content.decode()
        assert words in page
    assert (
        'name="over" value="1 min"'
        in client.get(
            html.unescape(re.findall(r'href="(/operations/new/\?action=spread[^"]*)"', text)[0])
        ).content.decode()
    )


def test_who_may_not_control_jobs_has_no_button(db: None) -> None:
    now = clock.current()
    worker(now, slots=2, queues=["mail"])
    for _ in range(9):
        pending(now + timedelta(hours=1), queue="mail")
    one = Client()
    user = User.objects.create_user("viewer")
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_job", "all_teams"]))
    one.force_login(user)
    text = shown(one)
    assert "needs 9 slots" in text
    assert "/operations/new/" not in text


def test_an_hour_of_the_table_leads_to_its_jobs(client: Client) -> None:
    now = clock.current()
    job = pending(now + timedelta(hours=1), queue="mail")
    link = client.get(FORECAST).context["charts"][0].bars[0].jobs
    assert f'href="/jobs/{job.pk}/"' in client.get(link).content.decode()


def test_what_is_wrong_is_marked_and_what_to_do_is_said(client: Client) -> None:
    answer = client.get(FORECAST, {"slots": "many"})
    assert answer.status_code == 400
    assert "Give a whole number of slots, 0 to 1,000." in answer.content.decode()
    answer = client.get(FORECAST, {"hours": "25"})
    assert "hours: Give 24 for a day, or 168 for a week." in answer.content.decode()
    assert client.get(f"{FORECAST}?queue=&slots=2")["Location"] == "/forecast/?slots=2"
    assert client.get(f"{FORECAST}?slots=0&hours=168")["Location"] == "/forecast/?hours=168"


@pytest.mark.parametrize(
    ("jobs", "slots", "end"), [(0, 0, 10), (9, 7, 10), (12, 0, 10), (13, 0, 20), (13, 30, 50), (1, 501, 1000)]
)
def test_the_slider_goes_as_far_as_more_slots_help_and_to_those_that_are_chosen(
    client: Client, jobs: int, slots: int, end: int
) -> None:
    now = clock.current()
    worker(now, slots=2, queues=["mail"])
    for _ in range(jobs):
        pending(now + timedelta(hours=1), queue="mail")
    (slider,) = re.findall(r'<input type="range"[^>]*>', shown(client, **({"slots": str(slots)} if slots else {})))
    assert 'name="slots" min="0"' in slider
    assert f'max="{end}" value="{slots}"' in slider


def test_slider_and_filter_keep_what_the_other_has(client: Client) -> None:
    text = shown(client, queue="mail", hours="168", slots="3")
    kept = {
        label: re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', form)
        for label, form in re.findall(r'<form class="(filters|slider)"(.*?)</form>', text, re.DOTALL)
    }
    assert kept == {"filters": [("hours", "168"), ("slots", "3")], "slider": [("hours", "168"), ("queue", "mail")]}


def test_queues_of_other_teams_are_not_shown(ada: User) -> None:  # noqa: F811
    now = clock.current()
    worker(now, queues=["ours-q", "theirs-q"])
    for queue in ("ours-q", "theirs-q"):
        pending(now + timedelta(hours=1), queue=queue)
    one = Client()
    one.force_login(ada)
    text = shown(one)
    assert "ours-q" in text
    assert "theirs-q" not in text
    assert "1 pending job," in text
    assert Job.objects.count() == 2


def test_twenty_who_look_read_once_whatever_they_ask_and_another_team_reads_its_own(
    client: Client,
    ada: User,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads: list[object] = []
    real = reading.read

    def counted(now: datetime, hours: int, within: Reach) -> reading.Reading:
        reads.append(within)
        return real(now, hours, within)

    monkeypatch.setattr(reading, "read", counted)
    monkeypatch.setattr(reading, "KEPT_FOR", 600)  # however slow the machine is
    now = clock.current()
    worker(now, slots=2, queues=["ours-q", "theirs-q"])
    for queue in ("ours-q", "theirs-q"):
        pending(now + timedelta(hours=1), queue=queue)
    for slots in range(1, 21):
        assert "theirs-q" in shown(client, slots=str(slots))
    api = bearer(User.objects.get(username="root"))
    assert len(api.get("/api/v1/forecast/", {"queue": "ours-q"}).json()["queues"]) == 1
    assert len(reads) == 1
    one = Client()
    one.force_login(ada)
    assert ["theirs-q" in shown(one), "ours-q" in shown(one)] == [False, True]
    assert len(reads) == 2
    shown(client, hours="168")
    assert len(reads) == 3


@pytest.mark.parametrize(("delay", "words"), [(0, "none"), (1_500, "2 s"), (float("inf"), "never starts")])
def test_delays(delay: float, words: str) -> None:
    assert in_words(delay) == words
