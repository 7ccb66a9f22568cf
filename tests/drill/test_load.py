"""What a round's load is made of: which job is of which kind, and whom the HTTP jobs call."""

import http.client
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from jobs.clock import clock
from jobs.models import Job, Limit, Occurrence, Schedule
from jobs.publishing.bundles import DENSE
from jobs.publishing.windows import window_at
from jobs.targets import registry, target
from verification.benchmark.workload import BODY_SECONDS, Series
from verification.drill import ledger
from verification.drill.load import mix
from verification.drill.load.creating import DrillLoad, ledger_key
from verification.drill.load.dense import SIZE, WITHIN, dense
from verification.drill.load.limited import CONCURRENCY, limited
from verification.drill.load.receiver import receiving
from verification.drill.load.scheduled import KINDS, scheduled, times


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv(ledger.VARIABLE, str(tmp_path / "ledger"))
    return tmp_path / "ledger"


def test_a_job_is_of_the_same_kind_whenever_its_seed_and_number_are():
    kinds = [mix.kind(7, number) for number in range(1, 1001)]
    assert kinds == [mix.kind(7, number) for number in range(1, 1001)]
    assert kinds != [mix.kind(8, number) for number in range(1, 1001)]


def test_each_kind_has_its_share_also_together():
    counts = Counter((kind.http, kind.key, kind.key_limit) for kind in (mix.kind(7, n) for n in range(1, 1001)))
    assert {(http, key, mix.KEYS.get(key, 1)) for http in (True, False) for key in (None, *mix.KEYS)} == set(counts)
    assert sum(times for (_, key, _), times in counts.items() if key) == pytest.approx(1000 * mix.KEYED_SHARE, rel=0.2)
    assert sum(times for (by_http, *_), times in counts.items() if by_http) == pytest.approx(
        1000 * mix.HTTP_SHARE, rel=0.2
    )


@pytest.mark.django_db
def test_the_jobs_of_the_load_pass_the_rules_and_name_their_line_of_the_ledger(settings, monkeypatch):
    settings.JOBS_HTTP_ALLOW = ["127.0.0.1:8099"]
    window = timedelta(seconds=5)
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    target(ledger.TARGET)(lambda key: None)
    load = DrillLoad(
        "run",
        7,
        queue="q",
        dense_queue="d",
        receiver="127.0.0.1:8099",
        since=clock.now(),
        duration=2 * window,
        window=window,
    )
    for number in range(1, 41):
        kind, job = mix.kind(7, number), Job.objects.get(pk=load.create_live())
        assert (job.target == "http", job.key is not None, job.key_limit) == (
            kind.http,
            kind.key is not None,
            kind.key_limit,
        )
        assert ledger_key(job) == f"run-{number}"
        assert job.name.startswith(f"drill run {Series.LIVE} ")
        assert job.run_at - job.created_at >= window
        assert ledger_key(job) == (job.payload["json"] if kind.http else job.payload)["key"]


@pytest.mark.parametrize("second", [0, 1, 1.5, 2, 2.5, 4])
def test_each_dense_window_is_listed_at_once_and_is_due_when_its_burst_is(second):
    since, window = datetime(2030, 1, 1, 12, tzinfo=UTC) + timedelta(seconds=second), timedelta(seconds=5)
    times = [job.run_at for job in dense(since, timedelta(seconds=28), window)]
    assert times == sorted(times)
    assert len(times) == 2 * SIZE
    for burst, of_it in ((13, times[:SIZE]), (26, times[SIZE:])):
        assert of_it[0] <= since + timedelta(seconds=burst) <= of_it[0] + WITHIN
        assert of_it[-1] - of_it[0] < WITHIN
        assert Counter(window_at(at, 5, 0).start for at in of_it).most_common(1)[0][1] == SIZE >= DENSE


def test_a_dense_window_that_the_load_has_no_time_for_is_not_begun():
    since = datetime(2030, 1, 1, 12, tzinfo=UTC)
    for seconds, jobs in ((10, 0), (13.5, 0), (14, SIZE), (26, SIZE)):
        assert len(dense(since, timedelta(seconds=seconds), timedelta(seconds=5))) == jobs


@pytest.mark.django_db
def test_the_jobs_of_a_dense_window_are_plain_and_in_a_queue_of_their_own(monkeypatch):
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    target(ledger.TARGET)(lambda key: None)
    since, window = clock.now() + timedelta(seconds=7), timedelta(seconds=5)
    times = {"since": since, "duration": timedelta(seconds=14), "window": window}
    load = DrillLoad("run", 7, queue="q", dense_queue="d", receiver="127.0.0.1:8099", **times)
    load.commit(dense(**times))
    jobs = Job.objects.filter(pk__in=load.created)
    assert set(jobs.values_list("target", "key", "queue")) == {(ledger.TARGET, None, "d")}
    assert {ledger_key(job) for job in jobs} == {f"run-{number}" for number in range(1, SIZE + 1)}
    assert set(load.created.values()) == {Series.DENSE}


def test_a_message_of_several_jobs_is_told_by_its_id_and_counted_where_it_is_of_this_round(file):
    assert ledger.first_of_bundle("job-7-v1-1-and-5-more") == 7
    assert ledger.first_of_bundle("job-7-v1-1") is None
    for key in ("job-7-v1-1-and-5-more", "job-7-v1-2-and-1-more", "job-9-v1-1-and-5-more"):
        ledger.write(ledger.BUNDLE, key)
    ledger.write(ledger.ENTRY, "job-7-v1-3-and-1-more")
    assert ledger.bundles(file, {7, 8}) == 2


def test_the_times_of_a_schedule_are_counted_from_its_first_moment_or_by_the_wall_clock():
    kinds = {kind.word: kind for kind in KINDS}
    begin, end = datetime(2030, 1, 1, 12, 0, 1, tzinfo=UTC), datetime(2030, 1, 1, 12, 0, 7, 500_000, tzinfo=UTC)
    seconds = {word: [at.second for at in times(kind, begin, end)] for word, kind in kinds.items()}
    assert seconds == {"interval": [1, 3, 5, 7], "cron": [2, 4, 6], "spread": [4], "wide": [], "queued": [1, 4, 7]}


@pytest.mark.django_db
def test_the_schedules_of_a_round_start_at_its_begin_and_are_gone_after_it(monkeypatch):
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    target(ledger.TARGET)(lambda key: None)
    since = clock.now() + timedelta(seconds=7)
    with scheduled("run", "q", since, timedelta(seconds=20)) as schedules:
        assert schedules.go_on()
        for one in schedules.recurring:
            job = Job.objects.get(name=one.name)
            assert job.nominal_at == one.times[0] >= since
            assert ledger_key(job) == f"run-{one.name.rpartition('-')[2]}@{job.nominal_at.timestamp():.6f}"
            assert (job.target, job.queue) == (ledger.TARGET, "q")
    assert not schedules.go_on()
    assert not Schedule.objects.exists()
    assert not Occurrence.objects.exists()
    assert not Job.objects.pending().exists()


def post(address, key, done):
    connection = http.client.HTTPConnection(address, timeout=5)
    for n in range(2):  # on one connection
        connection.request("POST", "/", body=f'{{"key": "{key}-{n}"}}')
        with connection.getresponse() as answer:
            done.append(answer.status)
    connection.close()


def test_the_receiver_notes_each_request_when_it_comes_and_when_it_is_answered(file):
    done = []
    with receiving() as address:
        began = time.monotonic()
        threads = [threading.Thread(target=post, args=(address, f"r-{n}", done)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.monotonic() - began < 20 * BODY_SECONDS  # not one after another
    assert done == [204] * 40
    lines = ledger.read(file, "r")
    assert Counter(line.what for line in lines) == {ledger.ENTRY: 40, ledger.END: 40}
    by_key = {(line.what, line.key): line.at for line in lines}
    for n in range(20):
        assert by_key[ledger.END, f"r-{n}-0"] - by_key[ledger.ENTRY, f"r-{n}-0"] >= BODY_SECONDS


@pytest.mark.django_db
def test_the_queue_has_its_limit_until_the_drill_is_over():
    with limited("drill-q"):
        assert Limit.objects.get(name="drill-q").concurrency == CONCURRENCY
    assert not Limit.objects.filter(name="drill-q").exists()
