from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.models import WorkerLog
from tests.conftest import seconds
from verification.benchmark.cost import cost, count, interval

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@given(phase=st.integers(0, 9999), windows=st.integers(1, 60))
def test_a_load_of_whole_windows_touches_one_more_than_it_lasts(phase, windows):
    since = NOON + timedelta(milliseconds=phase)
    found = interval(since, seconds(10 * windows), 10)
    assert found.windows == windows + 1
    assert found.start <= since < found.start + seconds(10)
    assert found.stop - found.start == seconds(10 * found.windows)


def priced(listed, **more):
    numbers = {"list_queries_after": 0, "acquire_failures": 0, "job_queries": 0, **more}
    return cost(interval(NOON + seconds(3), seconds(20), 10), window=10, listed=listed, **numbers)


ONE_EACH = [NOON + seconds(n) for n in (0, 10.004, 20)]


def test_one_list_query_a_window_is_the_floor():
    found = priced(ONE_EACH)
    assert (found.total, found.floor, found.above_floor, found.windows, found.uneven) == (300, 300, 0, 3, [])


def test_the_formula():
    assert priced(ONE_EACH, acquire_failures=2, job_queries=3).total == 323


def test_a_window_listed_twice_or_not_at_all_is_named():
    found = priced([NOON, NOON + seconds(1), NOON + seconds(20)])
    assert found.total == 300
    assert found.uneven == [(NOON, 2), (NOON + seconds(10), 0)]


@pytest.mark.django_db
def test_the_log_is_read_in_the_counted_windows_and_for_our_jobs_only():
    def log(action, at, job_id=None):
        WorkerLog.objects.create(action=action, at=NOON + seconds(at), job_id=job_id)

    for at in (-0.001, 0, 10, 29.999, 30, 41):
        log("QUERYLIST", at)
    for job_id in (5, 6, 7):
        log("ACQUIRE_FAILURE", 12, job_id)
        log("QUERYJOB", 12, job_id)
    found = count(interval(NOON, seconds(20), 10), window=10, job_ids=[5, 6], now=NOON + seconds(40))
    assert (found.list_queries, found.list_queries_after) == (3, 1)
    assert (found.acquire_failures, found.job_queries, found.total) == (2, 2, 322)
