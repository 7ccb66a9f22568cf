"""The list of jobs: what it shows, what finds a job, and that it costs the same with five rows and fifty."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from jobs.admin import paging
from jobs.admin.columns import JobColumns
from jobs.models import Job
from jobs.states import Hold, State
from tests.monitor.rows import SECOND, ended, pending, running, worker

pytestmark = pytest.mark.django_db
LIST = "/admin/jobs/job/"


def shown(client, query: str = "") -> list[int]:
    response = client.get(LIST + query)
    assert response.status_code == 200, response.get("Location")
    return [job.pk for job in response.context["cl"].result_list]


def test_each_state_has_a_sign_and_a_word(admin, at):
    pending(at + SECOND)
    running(at)
    for state in (State.COMPLETED, State.FAILED, State.CANCELLED, State.INTERRUPTED, State.SKIPPED):
        ended(at, state)
    page = admin.get(LIST).content.decode()
    for badge in (
        "○</span>pending",
        "▸</span>running",
        "✓</span>completed",
        "✕</span>failed",
        "⊘</span>cancelled",
        "↯</span>interrupted",
        "↷</span>skipped",
    ):
        assert badge in page
    assert ">0.50 ms<" in page  # the delay


def test_how_late_and_how_long_is_said_as_on_the_pages(at):
    late = at + timedelta(hours=24) - timedelta(milliseconds=17.64)
    job = Job(run_at=at, execute_at=late, finished_at=late + timedelta(seconds=90))
    columns = JobColumns()
    assert (columns.delay(job), columns.duration(job)) == ("23 h 59 min", "1 min 30 s")
    assert (columns.delay(Job(run_at=at)), columns.duration(Job(run_at=at))) == ("—", "—")


@pytest.mark.parametrize("jobs", [5, 50])
def test_it_costs_the_same_with_five_and_with_fifty(admin, at, jobs, django_assert_num_queries):
    worker(at)
    for n in range(jobs):
        ended(at - n * SECOND)
    # Session, user, two for the permissions; the queues of the filter; the bounded count; the rows.
    with django_assert_num_queries(7):
        admin.get(LIST)


def test_the_big_table_is_never_counted_to_its_end(admin, at, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(paging, "COUNT_LIMIT", 3)
    for n in range(5):
        pending(at + n * SECOND)
    with django_assert_num_queries(7) as queries:
        response = admin.get(LIST)
    counts = [q["sql"] for q in queries.captured_queries if "COUNT(" in q["sql"]]
    assert len(counts) == 1
    assert "LIMIT 4" in counts[0], "one more, to know whether there are more"
    assert str(response.context["cl"].result_count) == "over 3"


def test_no_filter_counts_what_it_would_find(admin, at, django_assert_num_queries):
    with django_assert_num_queries(7):
        admin.get(LIST + "?_facets=True")


def test_the_latest_due_come_first(admin, at):
    jobs = [pending(at + n * SECOND) for n in (2, 3, 1)]
    assert shown(admin) == [jobs[1].pk, jobs[0].pk, jobs[2].pk]


def test_filters(admin, at):
    worker(at, queues=["default", "mail"])
    mail = pending(at + 600 * SECOND, queue="mail")  # not overdue, however long the test takes
    late = pending(at - 60 * SECOND, target="demo.sleep", payload={"seconds": 0.1})
    failed = ended(at, State.FAILED)
    assert shown(admin, "?queue=mail") == [mail.pk]
    approval, both = pending(at + SECOND, holds=Hold.APPROVAL), pending(at, holds=Hold.KEY | Hold.QUEUE)
    assert shown(admin, "?held=any") == [approval.pk, both.pk]
    assert shown(admin, "?held=approval") == [approval.pk]
    assert shown(admin, "?held=queue") == [both.pk]
    Job.objects.filter(pk__in=[approval.pk, both.pk]).delete()
    assert shown(admin, "?state=overdue") == [late.pk]
    assert shown(admin, "?state=3") == [failed.pk]
    assert shown(admin, "?target=demo.sleep") == [late.pk]


@pytest.mark.parametrize("query", ["?state=77", "?state=x", "?day=nonsense", "?state=\u0661"])
def test_a_filter_that_means_nothing_filters_nothing(admin, at, query):
    job = pending(at)
    assert shown(admin, query) == [job.pk]


def test_days_are_walked_over(admin, at):
    yesterday, today, tomorrow = (at.replace(hour=12) + timedelta(days=n) for n in (-1, 0, 1))
    jobs = {day: pending(day).pk for day in (yesterday, today, tomorrow)}
    for day, pk in jobs.items():
        assert shown(admin, f"?day={day:%Y-%m-%d}") == [pk]
    far = admin.get(LIST + "?day=2031-05-05").content.decode()
    assert "2031-05-04" in far
    assert "2031-05-06" in far


def test_search_by_id_name_and_target(admin, at):
    first = pending(at + SECOND, name="nightly report")
    second = pending(at, name=f"after {first.pk}")
    assert shown(admin, f"?q={first.pk}") == [first.pk]
    assert shown(admin, "?q=REPORT nightly") == [first.pk]
    assert shown(admin, "?q=after") == [second.pk]
    assert shown(admin, "?q=noop") == [first.pk, second.pk]


@pytest.mark.parametrize("text", ["9" * 30, "\u0661", "\N{GRINNING FACE}"])
def test_a_strange_search_finds_nothing(admin, at, text):
    pending(at, name="plain")
    assert shown(admin, f"?q={text}") == []


def test_a_search_for_a_character_that_cannot_be_stored_breaks_nothing(admin, at):
    assert admin.get(LIST + "?q=%00").status_code == 200


def test_long_columns_are_not_read_for_the_list(admin, at, django_assert_num_queries):
    pending(at, payload={"x": "y" * 1000})
    with django_assert_num_queries(7) as queries:
        admin.get(LIST)
    assert not [q for q in queries.captured_queries if '"payload"' in q["sql"]]


def test_the_list_reads_its_index(admin, at):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at, state, locked_at, execute_at, finished_at, attempt)"
            " SELECT 'demo.noop', '{}', now() - i * interval '1 s', 2, now(), now(), now() - i * interval '1 s', 1"
            " FROM generate_series(1, 5000) i"
        )
        cursor.execute("ANALYZE jobs_job")
    rows = admin.get(LIST).context["cl"].queryset[:100]
    assert "jobs_run_at" in rows.explain()


def test_without_the_permission_nothing_is_shown(client, person, at):
    client.force_login(person(staff=True))
    assert client.get(LIST).status_code == 403
