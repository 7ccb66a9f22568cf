import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections

from jobs import __version__
from jobs.clock import clock
from jobs.models import Worker
from jobs.nodes.metrics import Reading
from jobs.nodes.thresholds import Limit
from jobs.worker.process import heartbeat as heartbeat_module
from jobs.worker.process import lifecycle
from jobs.worker.process.capacity import Capacity
from jobs.worker.process.heartbeat import Heartbeat
from jobs.worker.process.minutes import Minutes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heartbeat(settings):
    settings.JOBS_HEARTBEAT_INTERVAL = 0.05
    heart = Heartbeat("w1@test")
    yield heart
    heart.stop()


def start(heart, running=lambda: 3, capacity=None, look=lambda: None, minutes=None):
    heart.start(
        pool="thread",
        slots=5,
        queues=["default"],
        figures=lambda: {"running": running(), "waiting": 7, **(minutes or Minutes()).row()},
        capacity=capacity or Capacity(),
        look=look,
    )


def wait_for(condition):
    moment = clock.timestamp() + 10
    while not condition():
        assert clock.timestamp() < moment, "it did not happen"


def test_a_worker_that_takes_jobs_is_in_the_table(heartbeat):
    start(heartbeat)
    row = Worker.objects.get()
    assert (row.name, row.session, row.pool, row.slots, row.queues, row.running) == (
        "w1@test",
        heartbeat.identity.session,
        "thread",
        5,
        ["default"],
        3,
    )
    assert list(Worker.objects.alive(clock.now(), timedelta(seconds=5))) == [row]


def test_it_beats_until_it_says_good_bye(heartbeat):
    start(heartbeat)
    first = Worker.objects.get().heartbeat_at
    wait_for(lambda: Worker.objects.get().heartbeat_at > first)
    heartbeat.stop()
    row = Worker.objects.get()
    assert (row.running, row.stopped_at is not None) == (0, True)
    assert not Worker.objects.alive(clock.now(), timedelta(seconds=5))


def test_it_says_good_bye_after_the_database_was_started_anew(heartbeat):
    start(heartbeat)
    session = connection.connection.info.backend_pid  # of the thread that started it, and will stop it
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [session])
    other.close()
    heartbeat.stop()
    assert Worker.objects.get().stopped_at is not None


def test_a_worker_that_was_declared_gone_goes_on_as_another_session(heartbeat):
    start(heartbeat)
    before = heartbeat.identity.session
    Worker.objects.update(gone_at=clock.now())
    wait_for(lambda: heartbeat.identity.session != before)  # and no start is ever made under a session not in the table
    assert Worker.objects.present().get().session == heartbeat.identity.session


def test_it_beats_on_after_the_database_was_away(heartbeat, monkeypatch):
    answers = iter([OperationalError("away")] * 2)

    def current():
        for error in answers:
            raise error
        return clock.now()

    monkeypatch.setattr(clock, "current", current)
    start(heartbeat)
    assert not Worker.objects.exists()
    wait_for(Worker.objects.exists)


def test_a_worker_of_the_release_before_registers_and_beats_without_what_was_added_since():
    before = "name, pid, pool, slots, queues, running, started_at, heartbeat_at, offset_ms, zones, bundles, refusing"
    session = uuid.uuid4()
    values = """'w0@test', 1, 'thread', 5, '["default"]', 0, now(), now(), 0, '2026a', true, ''"""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO jobs_worker (session, {before}) VALUES (%s, {values})", [session])
        cursor.execute(
            "UPDATE jobs_worker SET heartbeat_at = clock_timestamp(), running = 2 WHERE session = %s AND gone_at IS NULL",
            [session],
        )
        assert cursor.rowcount == 1
    row = Worker.objects.get(session=session)
    assert (row.running, row.versions, row.waiting) == (2, {}, None)
    assert (row.minutes_until, row.minute_starts, row.minute_use) == (None, [], [])


def test_ready_again_after_a_reconnect_is_not_another_life(heartbeat):
    start(heartbeat)
    start(heartbeat)
    assert Worker.objects.count() == 1


def test_outside_a_worker_there_is_still_a_name(monkeypatch):
    monkeypatch.setattr(lifecycle, "_heartbeat", None)
    assert lifecycle.identity().session == uuid.UUID(int=0)


def test_it_tells_of_the_node_and_hears_of_a_drain_in_one_statement(heartbeat, django_assert_num_queries):
    capacity = Capacity(
        [Limit("memory", "%", "LIMIT", 95)], lambda: Reading(cpu=7.5, memory=97, load=0.5, gpu=3, gpu_memory=4)
    )
    capacity._look()
    start(heartbeat, capacity=capacity)
    heartbeat._stop.set()
    heartbeat._thread.join()  # from here on by hand
    Worker.objects.update(drained_at=clock.now(), drain_reason="new kernel", drained_by="ada", cpu=None)
    with django_assert_num_queries(1):
        heartbeat._beat()
    assert capacity.refusing.startswith("drained by ada: new kernel")
    row = Worker.objects.get()
    assert (row.cpu, row.memory, row.load, row.gpu, row.gpu_memory) == (7.5, 97, 0.5, 3, 4)
    assert row.refusing == "memory 97 % is over LIMIT=95"
    Worker.objects.update(drained_at=None)
    heartbeat._beat()
    assert "drained" not in capacity.refusing


def test_whoever_was_drained_stays_so_as_another_session(heartbeat):
    capacity = Capacity()
    start(heartbeat, capacity=capacity)
    Worker.objects.update(drained_at=clock.now(), drained_by="ada")
    wait_for(lambda: capacity.refusing)
    before = heartbeat.identity.session
    Worker.objects.update(gone_at=clock.now())
    wait_for(lambda: heartbeat.identity.session != before)
    row = Worker.objects.present().get()
    assert (row.drained_by, row.drained_at is not None) == ("ada", True)


def test_what_changes_is_told_at_once(heartbeat, settings):
    settings.JOBS_HEARTBEAT_INTERVAL = 60
    capacity = Capacity()
    capacity.on_change = heartbeat.beat_now
    start(heartbeat, capacity=capacity)
    Worker.objects.update(drained_at=clock.now())
    heartbeat.beat_now()
    wait_for(lambda: Worker.objects.get().refusing == "drained")


def test_it_looks_with_each_beat_whether_a_job_is_to_stop_and_an_error_stops_no_heart(heartbeat):
    looks = []

    def look():
        looks.append(1)
        raise OperationalError("away")

    start(heartbeat, look=look)
    wait_for(lambda: len(looks) > 2)
    seen = Worker.objects.get().heartbeat_at
    wait_for(lambda: Worker.objects.get().heartbeat_at > seen)


def test_who_is_woken_looks_at_once(heartbeat, settings):
    settings.JOBS_HEARTBEAT_INTERVAL = 60
    looks = []
    start(heartbeat, look=lambda: looks.append(1))
    heartbeat.beat_now()
    wait_for(lambda: looks)
    settings.JOBS_HEARTBEAT_INTERVAL = 0.05


def test_whoever_has_slept_asks_whether_he_counts_as_present_before_he_takes_jobs(
    heartbeat, settings, django_assert_num_queries
):
    settings.JOBS_HEARTBEAT_INTERVAL = settings.JOBS_HEARTBEAT_PATIENCE = 60
    start(heartbeat)
    before = heartbeat.identity
    with django_assert_num_queries(0):
        assert heartbeat.proven() == before, "its last beat is fresh"
    settings.JOBS_HEARTBEAT_PATIENCE = 0  # as if it had been silent
    with django_assert_num_queries(1):
        assert heartbeat.proven() == before, "nobody has missed it"
    Worker.objects.update(gone_at=clock.now())
    assert heartbeat.proven() is None
    settings.JOBS_HEARTBEAT_PATIENCE = 60
    wait_for(heartbeat.proven)  # the heartbeat was woken: it is another session at once
    assert heartbeat.identity.session != before.session


def test_without_a_database_it_takes_jobs_under_its_name_and_finds_out(heartbeat, monkeypatch):
    def away(session):
        raise OperationalError("away")

    start(heartbeat)
    heartbeat._proven_at = float("-inf")
    monkeypatch.setattr(heartbeat_module, "renew", away)
    assert heartbeat.proven() == heartbeat.identity


def test_its_row_says_its_versions_what_waits_and_its_last_hour(heartbeat):
    minutes = Minutes()
    for after, starts in ((0, 0), (60, 7), (120, 9)):
        minutes.see(60 * 29_000_000.0 + after, starts, 1, 2)
    start(heartbeat, minutes=minutes)
    row = Worker.objects.get()
    assert sorted(row.versions) == ["Celery", "Python", "RunAt"]
    assert (row.waiting, row.minute_starts, row.minute_use) == (7, [7, 2], [50, 50])
    assert row.minutes_until.timestamp() == 60 * 29_000_002.0
    minutes.see(60 * 29_000_003.0, 9, 0, 2)
    minutes.see(60 * 29_000_006.0, 9, 0, 2)  # it was stopped for two minutes
    wait_for(lambda: Worker.objects.get().minute_starts == [7, 2, 0, 0, None, None])


def test_the_version_is_that_of_the_project():
    assert f'\nversion = "{__version__}"\n' in (Path(__file__).parents[3] / "pyproject.toml").read_text()
