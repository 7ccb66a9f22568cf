"""`/jobs/`: its filters, which are those of REST, its pages, and what it says of where it did not look."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from jobs.models import Job, Ownership, Team
from jobs.models.querysets import overviews
from jobs.states import Hold, State
from tests.monitor.rows import SECOND, ended, pending, running, worker

pytestmark = pytest.mark.django_db
ROW = re.compile(r'<tr id="job-(\d+)">')


def text(response) -> str:
    return html.unescape(response.content.decode())


def listed(client, query: str = "", status: int = 200) -> list[int]:
    response = client.get(f"/jobs/?{query}")
    assert response.status_code == status, response.content
    return [int(pk) for pk in ROW.findall(response.content.decode())]


def said(page: str) -> str:
    """The line above the table, as it is read."""
    line = re.search(r'id="looked">(.*?)</p>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", line[1])


def led(page: str, words: str) -> str:
    """Where this link leads."""
    return re.search(rf'href="([^"]*)"[^>]*>{re.escape(words)}<', page)[1]


@pytest.fixture
def many(at):
    """A job of each kind, by what it is called in the table of filters."""
    session = worker(at, "w1@host", queues=["default", "pay"]).session
    jobs = {
        "soon": pending(at + 60 * SECOND, queue="pay", key="k1", labels={"team": "payroll", "env": "prod"}),
        "overdue": pending(at - 30 * SECOND, name="Invoice run"),
        "unserved": pending(at + 60 * SECOND, queue="nobody"),
        "held": pending(at - 60 * SECOND, holds=Hold.APPROVAL),
        "running": running(at, session=session),
        "lost": running(at, name="invoice of the lost"),
        "failed": ended(at - SECOND, State.FAILED, delay=8 * SECOND, queue="pay", target="demo.fail"),
        "done": ended(at - 3600 * SECOND, delay=2 * SECOND, labels={"team": "books"}),
        "interrupted": ended(at - 7200 * SECOND, State.INTERRUPTED),
        "confirmed": ended(at - 7200 * SECOND, delay=900 * SECOND, reason="The report is there."),
    }
    return {name: job.pk for name, job in jobs.items()}


FILTERS = [
    ("", "soon overdue unserved held running lost failed done interrupted confirmed"),
    ("state=pending", "soon overdue unserved held"),
    ("state=failed,interrupted", "failed interrupted"),
    ("state=running", "running lost"),
    ("queue=pay", "soon failed"),
    ("target=demo.fail", "failed"),
    ("name=Invoice+run", "overdue"),
    ("key=k1", "soon"),
    ("label=team:payroll", "soon"),
    ("label=team:payroll&label=env:prod", "soon"),
    ("label=team:payroll&label=env:test", ""),
    ("team=payroll", "soon failed"),
    ("team=books", "done"),
    ("team=nobody", ""),
    ("worker=w1@host", "running lost failed done interrupted confirmed"),
    ("worker=w2@host", ""),
    ("worker=w1@host&state=running", "running lost"),
    ("later_than=5", "overdue failed"),
    ("later_than=1", "overdue failed done"),
    ("later_than=1&state=pending", "overdue"),
    ("later_than=60", ""),
    ("no_live_worker=true", "unserved lost"),
    ("no_live_worker=true&state=running", "lost"),
    ("no_live_worker=false&queue=pay", "soon failed"),
    ("held=any", "held"),
    ("held=approval", "held"),
    ("held=key", ""),
    ("held=no", "soon overdue unserved"),
    ("q=invoice", "overdue lost"),
    ("q=INVOICE+lost", "lost"),
    ("q=of+THE+lost", "lost"),
    ("q=%22of+the%22+lost", "lost"),
    ("q=%22the+of%22", ""),
    ("q=%22team:payroll%22", ""),
    ("q=demo.fail&queue=pay&state=failed", "failed"),
]


@pytest.mark.parametrize(("query", "found"), FILTERS)
def test_the_page_and_rest_have_the_same_filters(admin_client, many, query, found):
    team = Team.objects.create(name="payroll")
    Team.objects.create(name="books")
    Ownership.objects.create(team=team, kind="queue", name="pay")
    expected = sorted((many[name] for name in found.split()), reverse=True)
    assert listed(admin_client, query) == expected
    answer = admin_client.get(f"/api/v1/jobs/?{query}")
    assert [job["id"] for job in answer.json()["results"]] == expected
    if query:
        assert f"{len(expected)} job" in said(text(admin_client.get(f"/jobs/?{query}")))


TEXTS = [
    ("queue:pay state:failed", "queue=pay&state=failed", "failed"),
    ("team:payroll late:>5s", "team=payroll&later_than=5", "failed"),
    ("label.team:payroll demo", "label=team:payroll&q=demo", "soon"),
    ("-state:pending,running,completed -state:interrupted", "state=failed,cancelled,skipped", "failed"),
    ('"of the" invoice', "q=%22of%20the%22%20invoice", "lost"),
    ("created:tomorrow", "created_at_after=tomorrow&created_at_before=today%2B2d", ""),
]


@pytest.mark.parametrize(("typed", "query", "found"), TEXTS)
def test_a_text_becomes_filters_in_the_address_and_is_shown_as_it_was_typed(admin_client, many, typed, query, found):
    Team.objects.create(name="payroll").owns.create(kind="queue", name="pay")
    expected = [many[name] for name in found.split()]
    answer = admin_client.get("/jobs/", {"q": f"  {typed} ", "sort": "newest", "page_size": "25"})
    assert QueryDict(answer["Location"].partition("?")[2]) == QueryDict(f"{query}&sort=newest&page_size=25")
    assert [job["id"] for job in admin_client.get("/api/v1/jobs/", {"q": typed}).json()["results"]] == expected
    assert listed(admin_client, query) == expected
    (box,) = re.findall(r'id="filter-q" name="q" value="([^"]*)"', admin_client.get(f"/jobs/?{query}").content.decode())
    again = admin_client.get("/jobs/", {"q": html.unescape(box)})
    assert again.status_code == 302 or QueryDict(query) == again.wsgi_request.GET
    assert again.status_code == 200 or QueryDict(again["Location"].partition("?")[2]) == QueryDict(query)


def test_a_job_is_found_by_its_number(admin_client, many):
    assert admin_client.get("/jobs/", {"q": f"#{many['done']}"})["Location"] == f"/jobs/?id={many['done']}"
    assert listed(admin_client, f"id={many['done']}") == [many["done"]]
    assert 'value="#' in text(admin_client.get(f"/jobs/?id={many['done']}"))


def test_a_text_that_cannot_be_read_is_kept_and_its_mistake_is_marked(admin_client, many):
    answer = admin_client.get("/jobs/", {"q": "state:faild <b> quee:x", "queue": "pay"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="state:faild &lt;b&gt; quee:x queue:pay"' in page
    assert "&lt;b&gt; <mark>quee:x</mark>" in page
    assert "Column 17, &#x27;quee:x&#x27;: There is no word &#x27;quee&#x27;; did you mean queue?" in page
    page = text(admin_client.get("/jobs/", {"q": "invoice state:faild"}))
    assert "invoice <mark>state:faild</mark>" in page
    assert "Nothing was looked for" in page
    assert "<details open>" not in page  # of fields with nothing wrong, which would push the sentence off a phone
    assert "<details open>" in text(admin_client.get("/jobs/", {"state": "faild"}))


def test_the_form_of_fields_keeps_the_free_text(admin_client):
    page = text(admin_client.get("/jobs/?queue=pay&q=invoice"))
    assert '<input type="hidden" name="q" value="invoice">' in page
    assert 'value="queue:pay invoice"' in page


def test_a_team_s_queue_has_no_jobs_of_another_team(admin_client, many, at):
    team = Team.objects.create(name="payroll")
    Team.objects.create(name="books")
    Ownership.objects.create(team=team, kind="queue", name="pay")
    theirs = pending(at, queue="pay", labels={"team": "books"}).pk
    assert theirs not in listed(admin_client, "team=payroll")
    assert theirs in listed(admin_client, "team=books")


def test_times_without_a_zone_are_utc(admin_client, at):
    early, late = ended(at - timedelta(hours=3)), ended(at - timedelta(hours=1))
    middle = f"{at - timedelta(hours=2):%Y-%m-%d %H:%M}"
    for column in ("run_at", "finished_at"):
        assert listed(admin_client, f"{column}_after={middle}") == [late.pk]
        assert listed(admin_client, f"{column}_before={middle}") == [early.pk]


def test_an_id_finds_its_job(admin_client, many):
    assert listed(admin_client, f"q={many['done']}") == [many["done"]]
    assert listed(admin_client, f"q={many['done']}&state=failed") == []
    assert listed(admin_client, "q=999999999") == []


def test_the_longest_delay_first(admin_client, many):
    order = ("overdue", "failed", "done")
    found = listed(admin_client, "sort=delay")
    assert found[:3] == [many[name] for name in order]
    assert found[-1] == min(
        pk for name, pk in many.items() if name in ("soon", "unserved", "held", "running", "lost", "confirmed")
    )
    page = text(admin_client.get("/jobs/?sort=delay"))
    assert "the longest delay first" in said(page)
    assert re.search(r"30\.\d s <small>so far", page)


WRONG = [
    ("queue=a%00", "NUL"),
    ("state=done", "is no state"),
    ("page_size=51", "25, 50, 100 or 500"),
    ("sort=name", "by newest or by delay"),
    ("later_than=soon", "give seconds"),
    ("later_than=nan", "give seconds"),
    ("later_than=-1", "Give seconds"),
    ("later_than=1e300", "Give seconds"),
    ("held=me", "Give no, any, approval"),
    ("no_live_worker=perhaps", "neither true nor false"),
    ("run_at_after=someday", "write it like"),
    ("start=-1", "start"),
    ("before=0", "before"),
    ("stat=failed", "no filter of this name"),
    ("history=true", "no filter of this name"),
    ("queue=a&queue=b", "given twice"),
]


@pytest.mark.parametrize(("query", "says"), WRONG)
def test_a_wrong_filter_is_told_beside_the_form(admin_client, many, query, says):
    assert listed(admin_client, query, 400) == []
    assert says in text(admin_client.get(f"/jobs/?{query}"))


def test_what_the_history_is_not_listed_by(admin_client):
    for query in ("key=a", "later_than=5", "q=a", "no_live_worker=true"):
        assert admin_client.get(f"/api/v1/jobs/?history=true&{query}").status_code == 400
    assert admin_client.get("/api/v1/jobs/?history=true&queue=a").status_code == 200


def test_fields_that_were_left_empty_leave_the_address(admin_client):
    answer = admin_client.get("/jobs/?q=&state=failed&queue=&label=team:a&label=")
    assert (answer.status_code, answer["Location"]) == (302, "/jobs/?state=failed&label=team:a")
    assert admin_client.get("/jobs/?q=&state=")["Location"] == "/jobs/"


def test_each_active_filter_has_a_chip_that_leads_to_the_page_without_it(admin_client, many):
    page = text(
        admin_client.get("/jobs/?state=failed&label=team:a&label=env:b&no_live_worker=true&sort=delay&start=50")
    )
    assert led(page, "State: failed ") == "?label=team:a&label=env:b&no_live_worker=true&sort=delay"
    assert led(page, "Label: env:b ") == "?state=failed&label=team:a&no_live_worker=true&sort=delay"
    assert led(page, "No living worker ") == "?state=failed&label=team:a&label=env:b&sort=delay"
    assert 'value="team:a"' in page
    assert '<option value="failed" selected>' in page


def test_pages_stay_as_they_are_while_jobs_are_created(admin_client, at):
    jobs = [pending(at + n * SECOND).pk for n in range(60)][::-1]
    page = text(admin_client.get("/jobs/?page_size=25&state=pending"))
    assert listed(admin_client, "page_size=25&state=pending") == jobs[:25]
    pending(at)
    second = led(page, "Next").removeprefix("?")
    assert listed(admin_client, second) == jobs[25:50]
    page = text(admin_client.get(f"/jobs/?{second}"))
    third, first = led(page, "Next").removeprefix("?"), led(page, "Previous").removeprefix("?")
    assert (listed(admin_client, third), listed(admin_client, first)) == (jobs[50:], jobs[:25])
    last = text(admin_client.get(f"/jobs/?{third}"))
    assert ">Next<" not in last
    assert led(last, "Newest") == "?page_size=25&state=pending"


@pytest.fixture
def looks(monkeypatch):
    """Looks at ten jobs, and counts to five."""
    monkeypatch.setattr(overviews, "LOOK", 10)
    monkeypatch.setattr(overviews, "COUNT_LIMIT", 5)


def test_what_is_rare_is_looked_for_further_back_by_a_link(admin_client, at, looks):
    jobs = [pending(at + n * SECOND, queue="rare" if n in (1, 20) else "default").pk for n in range(25)]
    page = text(admin_client.get("/jobs/?queue=rare"))
    assert listed(admin_client, "queue=rare") == [jobs[20]]
    assert said(page) == "1 job among the newest 10 jobs, the newest first; look further back."
    further = led(page, "look further back").removeprefix("?")
    page = text(admin_client.get(f"/jobs/?{further}"))
    assert listed(admin_client, further) == []
    assert f"0 jobs among 10 jobs before job {jobs[15]}" in said(page)
    assert "Look further back</a>, or remove a filter" in page
    assert led(page, "Look at newer ones") == "?queue=rare"
    last = led(page, "look further back").removeprefix("?")
    assert listed(admin_client, last) == [jobs[1]]
    assert "further" not in said(text(admin_client.get(f"/jobs/?{last}")))


def test_more_than_are_counted_are_over_so_many(admin_client, at, looks):
    for n in range(12):
        pending(at + n * SECOND)
    assert said(text(admin_client.get("/jobs/"))).startswith("over 5 jobs among the newest 10 jobs")
    assert said(text(admin_client.get("/jobs/?state=pending"))).startswith("over 5 jobs among")
    assert len(listed(admin_client, "start=5")) == 5


def test_few_are_found_however_old_where_an_index_leads_to_them(admin_client, many, at, looks, monkeypatch):
    monkeypatch.setattr(overviews, "COUNT_LIMIT", 8)
    for n in range(12):
        ended(at - n * SECOND)
    for query, name in (
        ("label=team:payroll", "soon"),
        ("state=interrupted", "interrupted"),
        ("held=any", "held"),
        ("later_than=9&state=pending", "overdue"),
        ("no_live_worker=true&queue=nobody", "unserved"),
    ):
        assert listed(admin_client, query) == [many[name]], query
        assert said(text(admin_client.get(f"/jobs/?{query}"))) == "1 job, the newest first.", query


@pytest.mark.parametrize("column", ["run_at", "finished_at"])
def test_a_stretch_of_time_is_looked_at_however_old_and_its_newest_first(admin_client, at, looks, column):
    old = [ended(at - timedelta(days=9) + n * SECOND, queue="rare" if n == 1 else "default").pk for n in range(15)]
    for n in range(12):
        ended(at - n * SECOND)
    end = f"{at - timedelta(days=8):%Y-%m-%dT%H:%M}"
    page = text(admin_client.get(f"/jobs/?{column}_before={end}&queue=rare"))
    assert said(page) == "0 jobs among the last 10 of this stretch of time, the latest first; look further back."
    further = led(page, "look further back").removeprefix("?")
    assert listed(admin_client, further) == [old[1]]
    assert said(text(admin_client.get(f"/jobs/?{further}"))) == "1 job, the latest first."


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        # The ends of the table; the ids that are found; their rows.
        ("", 3),
        ("queue=default", 3),
        ("worker=w1@host", 3),
        ("sort=delay", 3),
        # And the ids that an index leads to.
        ("state=pending", 5),  # and each part of them
        ("label=team:payroll", 9),
        ("state=pending&later_than=0", 4),
        # And how far the stretch of time goes.
        ("run_at_before=2099-01-01", 4),
        ("q=demo", 3),
        # And the workers that live.
        ("no_live_worker=true", 7),
        # And the teams, and what they own.
        ("team=payroll", 5),
    ],
)
@pytest.mark.parametrize("rows", [1, 30])
def test_what_it_asks_does_not_grow_with_what_it_finds(admin_client, at, rows, query, asked):
    for _ in range(rows):
        pending(at - SECOND, labels={"team": "payroll"})
        running(at, labels={"team": "payroll"})
    # The session, who it is; the queues that workers take from, and the teams, for the form; saved views.
    with CaptureQueriesContext(connection) as statements:
        assert listed(admin_client, query)
    assert len(statements) == asked + 5


def test_what_others_have_is_not_found_by_any_filter(client, person, many):
    grace = person("view_job")
    team = Team.objects.create(name="books")
    team.members.add(grace)
    Team.objects.create(name="payroll")
    client.force_login(grace)
    for query, found in FILTERS:
        assert listed(client, query) == [many["done"]] * ("done" in found.split() and "label" not in query), query
    page = text(client.get("/jobs/"))
    assert '<option value="books">' in page
    assert '<option value="payroll">' not in page


def test_who_sees_only_jobs_of_his_own_finds_those(client, person, many):
    ada = person("add_job", name="ada")
    Job.objects.filter(pk=many["soon"]).update(created_by=ada)
    client.force_login(ada)
    assert listed(client) == listed(client, "queue=pay") == listed(client, "team=payroll&q=demo") == [many["soon"]]
    assert listed(client, "state=failed") == []


def test_an_empty_list_says_what_to_do(admin_client):
    assert 'There is no job yet that you see. <a href="/jobs/new/">' in text(admin_client.get("/jobs/"))
    assert "No job fits. Remove a filter above" in text(admin_client.get("/jobs/?queue=none"))


def test_of_more_at_one_instant_than_are_looked_at_it_is_by_their_ids(admin_client, at, looks):
    jobs = [pending(at, queue="rare" if n == 1 else "default").pk for n in range(15)]
    end = f"{at + SECOND:%Y-%m-%dT%H:%M:%S}"
    page = text(admin_client.get(f"/jobs/?run_at_before={end}&queue=rare"))
    assert said(page) == "0 jobs among the newest 10 jobs, the newest first; look further back."
    assert listed(admin_client, led(page, "look further back").removeprefix("?")) == [jobs[1]]


def test_no_job_of_an_instant_is_left_out_at_an_edge(admin_client, at, looks):
    jobs = [pending(at - n // 4 * SECOND).pk for n in range(24)]
    found, query = [], f"run_at_before={at + SECOND:%Y-%m-%dT%H:%M:%S}"
    while query:
        found += listed(admin_client, query)
        page = text(admin_client.get(f"/jobs/?{query}"))
        query = led(page, "look further back").removeprefix("?") if "look further" in page else ""
    assert sorted(found) == jobs
