"""`/failures/` and `GET /api/v1/failures/`: groups, within a time, a reach and a bound that is said."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt, Job, failures
from jobs.rights import EVERYTHING
from jobs.states import State
from tests.api.conftest import bearer
from tests.failures.conftest import PLACE, failed
from tests.transitions.steps import acquire, finish

pytestmark = pytest.mark.django_db
OTHER = "ValueError in shop.orders:refund"
DAY = 86_400


def groups_of(answer):
    return {(one.group.target, one.group.failure): one.group for one in answer.context["rows"]}


def test_a_group_says_how_often_when_and_where(viewer):
    jobs = [failed(error=f"ValueError: order {n}\n\nTraceback", ago=60 + n, queue="pay") for n in range(10)]
    failed(OTHER, ago=5)
    failed(target="demo.sleep")
    answer = viewer.get("/failures/")
    found = groups_of(answer)
    assert {key: one.starts for key, one in found.items()} == {
        ("demo.noop", PLACE): 10,
        ("demo.noop", OTHER): 1,
        ("demo.sleep", PLACE): 1,
    }
    group = found["demo.noop", PLACE]
    assert (group.jobs, group.can_retry, group.queues) == (10, 10, ("pay",))
    assert (group.first_at, group.last_at) == (jobs[-1].finished_at, jobs[0].finished_at)
    assert (group.job_id, group.number, group.error) == (jobs[0].pk, 1, "ValueError: order 0")
    assert (sum(group.over_time), group.over_time[-1]) == (10, 10)
    page = answer.content.decode()
    assert f'href="/jobs/{jobs[0].pk}/"' in page
    assert "<strong>3 groups</strong> of the last 24 hours" in page
    assert "among the newest" not in page


def test_a_job_that_failed_twice_counts_once_as_a_job_and_what_was_retried_is_not_to_retry(viewer):
    twice, again = failed(), failed()
    first = Attempt.objects.get(job=twice)
    Attempt.objects.filter(pk=first.pk).update(number=2)
    Job.objects.filter(pk=twice.pk).update(attempt=2)
    first.pk, first.number = None, 1
    first.save(force_insert=True)
    transitions.retry(again.pk, now=clock.now(), reason="again")
    (group,) = groups_of(viewer.get("/failures/")).values()
    assert (group.starts, group.jobs, group.can_retry) == (3, 2, 1)


@pytest.mark.parametrize(("span", "count"), [("1h", 1), ("24h", 2), ("7d", 3), (None, 2)])
def test_how_far_back_stands_in_the_address(viewer, span, count):
    for ago in (60, 2 * 3600, 3 * DAY, 8 * DAY):
        failed(ago=ago)
    (group,) = groups_of(viewer.get("/failures/", {"span": span} if span else {})).values()
    assert group.starts == count


def test_filters(viewer):
    failed(queue="pay")
    failed(queue="mail", target="demo.sleep")
    assert set(groups_of(viewer.get("/failures/?queue=pay"))) == {("demo.noop", PLACE)}
    assert set(groups_of(viewer.get("/failures/?target=demo.sleep"))) == {("demo.sleep", PLACE)}
    assert viewer.get("/failures/?queue=&span=1h").headers["Location"] == "/failures/?span=1h"
    wrong = viewer.get("/failures/?span=2h")
    assert wrong.status_code == 400
    assert "Give one of 1h, 24h, 7d." in wrong.content.decode()


def test_nothing_is_said_so(viewer):
    assert "Nothing failed in the last hour." in viewer.get("/failures/?span=1h").content.decode()
    assert "Remove a filter" in viewer.get("/failures/?queue=none").content.decode()


def test_what_has_no_fingerprint_is_grouped_by_its_reason_and_that_is_said(viewer):
    for n in range(3):
        failed(None, error=f"ValueError: order {n} is closed")
    failed(None, error="ValueError: order 4 is paid", state=State.INTERRUPTED)
    failed(None, error="")
    answer = viewer.get("/failures/")
    found = {failure: (one.starts, one.marked) for (_, failure), one in groups_of(answer).items()}
    assert found == {
        "ValueError: order # is closed": (3, False),
        "ValueError: order # is paid": (1, False),
        failures.NO_REASON: (1, False),
    }
    assert "have no fingerprint: they are grouped by their reasons" in answer.content.decode()


def test_the_bound_is_said(viewer, monkeypatch):
    monkeypatch.setattr(failures, "LOOK", 3)
    monkeypatch.setattr("jobs.monitor.failures.LOOK", 3)
    for n in range(4):
        failed(ago=60 - n)
    answer = viewer.get("/failures/")
    (group,) = groups_of(answer).values()
    assert group.starts == 3
    assert "among the newest 3 starts that failed; older ones are not counted" in answer.content.decode()
    failed(OTHER)
    monkeypatch.setattr(failures, "MOST", 1)
    monkeypatch.setattr("jobs.monitor.failures.MOST", 1)
    assert "The first 1 groups" in viewer.get("/failures/").content.decode()


def test_older_starts_beyond_the_bound_are_no_cut(viewer, monkeypatch):
    monkeypatch.setattr(failures, "LOOK", 1)
    failed(ago=2 * DAY)
    failed()
    assert "older ones are not counted" not in viewer.get("/failures/").content.decode()
    assert "older ones are not counted" in viewer.get("/failures/?span=7d").content.decode()


def test_the_jobs_of_a_group_are_in_the_list(viewer):
    job, _ = failed(), failed(OTHER)
    link = viewer.get("/failures/").context["rows"]
    (row,) = (one for one in link if one.group.failure == PLACE)
    shown = viewer.get(row.jobs)
    assert [one.job.pk for one in shown.context["rows"]] == [job.pk]
    assert [one["id"] for one in viewer.get(f"/api/v1/jobs/?failure={PLACE}").json()["results"]] == [job.pk]


def test_rest_says_the_same(make_user):
    job = failed(error="ValueError: order 7\nmore")
    answer = bearer(make_user("vera", "viewer")).get("/api/v1/failures/?span=1h").json()
    (group,) = answer["groups"]
    assert (group["target"], group["failure"], group["starts"], group["can_retry"]) == ("demo.noop", PLACE, 1, 1)
    assert (group["job"], group["attempt"], group["error"]) == (job.pk, 1, "ValueError: order 7")
    assert (answer["cut"], answer["cut_unmarked"], answer["more"]) == (False, False, False)
    assert bearer(make_user("carl", "creator")).get("/api/v1/failures/").status_code == 403


def test_a_sentence_names_nothing_that_its_reader_does_not_see(make_user, make_team):
    user = make_user("ada", "viewer")
    make_team("ours", user)
    make_team("theirs", make_user("bob", "viewer"))
    theirs = failed(labels={"team": "theirs"})
    said = f"Job {theirs.pk} of the same key takes its place."
    failed(labels={"team": "ours"}, error=said)
    failed(None, labels={"team": "ours"}, error=said)
    answer = bearer(user).get("/api/v1/failures/").json()
    assert [one["starts"] for one in answer["groups"]] == [1, 1]
    assert {one["error"] for one in answer["groups"]} == {"Another job of the same key takes its place."}


def test_the_question_reads_no_more_than_its_bound(viewer, monkeypatch):
    monkeypatch.setattr(failures, "LOOK", 50)
    with connection.cursor() as cursor:
        cursor.execute("""
            WITH made AS (
                INSERT INTO jobs_job (target, payload, run_at, state, attempt, locked_at, execute_at, finished_at)
                SELECT 'demo.noop', '{}', now(), 2 + n % 2, 1, now(), now(), now() - interval '1 minute'
                FROM generate_series(1, 3000) AS n RETURNING id, state
            )
            INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at, outcome, finished_at,
                failure)
            SELECT id, 1, 'w', gen_random_uuid(), gen_random_uuid(), now(), now(), state, now() - interval '1 minute',
                CASE WHEN state = 3 THEN 'ValueError' END
            FROM made
        """)
        cursor.execute("ANALYZE jobs_job, jobs_attempt")
    with CaptureQueriesContext(connection) as asked:
        failures.failures(clock.now() - timedelta(hours=1), clock.now(), reach=EVERYTHING)
    assert len(asked) == 4  # groups, those without a fingerprint, what is beyond, the samples
    with connection.cursor() as cursor:
        for one in asked.captured_queries[:3]:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {one['sql']}")
            ((plan,),) = cursor.fetchall()
            assert max(_read(plan[0]["Plan"])) <= 51, one["sql"]


def _read(node):
    rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    yield rows * node["Actual Loops"] if "Relation Name" in node else 0
    for part in node.get("Plans", ()):
        yield from _read(part)


def test_a_good_end_writes_no_index(make_job):
    """The column is in the condition of an index: it must not change with an end that is none."""
    assert _kept_on_page(acquire(make_job()), State.COMPLETED)
    assert not _kept_on_page(acquire(make_job()), State.FAILED)


def _kept_on_page(started, outcome):
    before = _hot()
    assert finish(started, outcome)
    return _hot() == before + 1


def _hot():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_get_xact_tuples_hot_updated('jobs_attempt'::regclass)")
        return cursor.fetchone()[0]
