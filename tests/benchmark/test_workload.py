from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from verification.benchmark import workload
from verification.benchmark.workload import Series, live_is_over, live_pauses, live_run_at, planned

SINCE = datetime(2030, 1, 1, 12, tzinfo=UTC)
W = timedelta(seconds=10)
durations = st.integers(5_000, 700_000).map(lambda ms: timedelta(milliseconds=ms))
seeds = st.integers(0, 10**9)
SHORTEST, LONGEST = timedelta(milliseconds=1000), timedelta(milliseconds=2999)


def offsets(series: Series, duration: timedelta, seed: int) -> list[timedelta]:
    return [job.run_at - SINCE for job in planned(SINCE, duration, seed) if job.series == series]


def test_the_original_ten_minutes():
    ten = timedelta(seconds=600)
    steady = offsets(Series.STEADY, ten, 1)
    assert (len(steady), steady[0], steady[-1]) == (200, timedelta(seconds=3), timedelta(seconds=600))
    bursts = offsets(Series.BURST, ten, 1)
    assert (len(bursts), bursts[0], bursts[-1]) == (46 * 20, timedelta(seconds=13), timedelta(seconds=598))


@given(duration=durations, seed=seeds)
def test_steady_and_burst_jobs_come_at_their_intervals_and_never_past_the_end(duration, seed):
    steady, bursts = offsets(Series.STEADY, duration, seed), offsets(Series.BURST, duration, seed)
    assert steady == [timedelta(seconds=3 * n) for n in range(1, duration // timedelta(seconds=3) + 1)]
    assert sorted(set(bursts)) == [timedelta(seconds=13 * n) for n in range(1, duration // timedelta(seconds=13) + 1)]
    assert all(bursts.count(at) == 20 for at in set(bursts))


@given(duration=durations, seed=seeds)
def test_random_jobs_are_one_step_apart_and_fill_the_load(duration, seed):
    found = [timedelta(0), *offsets(Series.RANDOM, duration, seed)]
    assert all(SHORTEST <= after - before <= LONGEST for before, after in pairwise(found))
    assert timedelta(0) <= duration - found[-1] < LONGEST


@given(duration=durations, seed=seeds)
def test_the_plan_is_a_matter_of_the_seed_alone_and_comes_soonest_first(duration, seed):
    jobs = planned(SINCE, duration, seed)
    assert jobs == planned(SINCE, duration, seed)
    assert [job.run_at for job in jobs] == sorted(job.run_at for job in jobs)
    moved = planned(SINCE + W, duration, seed)
    assert [(job.series, job.run_at + W) for job in jobs] == [(job.series, job.run_at) for job in moved]


@given(seed=seeds)
def test_live_pauses_are_seeded_steps_of_their_own(seed):
    some = list(islice(live_pauses(seed), 50))
    assert some == list(islice(live_pauses(seed), 50))
    assert all(SHORTEST <= pause <= LONGEST for pause in some)
    assert some != offsets(Series.RANDOM, timedelta(seconds=600), seed)[:50]


def test_another_seed_is_another_load():
    assert offsets(Series.RANDOM, timedelta(seconds=60), 1) != offsets(Series.RANDOM, timedelta(seconds=60), 2)


def test_a_live_job_is_due_a_little_later_than_the_least():
    assert live_run_at(SINCE, W) == SINCE + W + timedelta(milliseconds=100)


def test_live_inserts_end_when_now_and_the_window_reach_the_end():
    duration = timedelta(seconds=60)
    last = SINCE + duration - W
    assert not live_is_over(last - timedelta(microseconds=1), SINCE, duration, W)
    assert live_is_over(last, SINCE, duration, W)


def test_the_body_is_the_one_of_the_exercise():
    assert workload.BODY_SECONDS == 0.083
