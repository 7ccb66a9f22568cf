"""What has been in the history long enough goes with its partition, and with nothing else."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from jobs.events.scheduler import HistoryRemoved, RemovalDelayed, RemovalWaits
from jobs.models import Installation
from jobs.models.partitions import create, mark_exported, partitions
from jobs.scheduler import history as service
from jobs.states import State
from tests.concurrency.steps import PATIENCE, beside
from tests.conftest import NOW
from tests.history.steps import history, hot, move

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def moved(over, latest):
    """Two jobs in the history: the first goes on 2 January 2030, the second two days later."""
    first, second = over(40), over(27)
    latest()
    move()
    assert history("id", "remove_on") == [(first.pk, date(2030, 1, 2)), (second.pk, date(2030, 1, 4))]
    return first, second


def days():
    return [one.day for one in partitions()]


def test_a_day_goes_when_it_has_come(moved, emitted):
    removing = service.Removing()
    assert removing(now=NOW) == service.REMOVE_EVERY
    assert len(history()) == 2
    removing(now=NOW + DAY)
    assert history() == [moved[1].pk]
    assert days() == [date(2030, 1, 4)]
    assert [event.day for event in emitted.of(HistoryRemoved)] == [date(2030, 1, 2)]


@pytest.mark.parametrize("row", [{"retention_on_at": None}, {"held_at": NOW}])
def test_nothing_goes_where_it_is_off_or_the_database_was_restored(moved, row, django_assert_num_queries):
    Installation.objects.update(**row)
    with django_assert_num_queries(1):
        service.Removing()(now=NOW + 10 * DAY)
    assert len(history()) == 2


def test_what_failed_stays_longer(over, latest):
    job = over(40, State.FAILED)
    latest()
    move()
    (found,) = history("remove_on")
    assert found == date(2030, 5, 27), "179 days and the rest of a week"
    assert found.weekday() == 0
    assert job.pk not in hot()


def test_what_is_not_exported_stays_and_is_told_once(moved, emitted, settings):
    settings.JOBS_REMOVE_EXPORTED_ONLY = True
    removing = service.Removing()
    for _ in range(2):
        removing(now=NOW + DAY)
    assert len(history()) == 2
    assert [event.day for event in emitted.of(RemovalWaits)] == [date(2030, 1, 2)]


def test_what_is_exported_goes(moved, settings):
    settings.JOBS_REMOVE_EXPORTED_ONLY = True
    mark_exported(partitions()[0])
    service.Removing()(now=NOW + 10 * DAY)
    assert history() == [moved[1].pk]


class TestReaders:
    @pytest.fixture
    def reader(self):
        """A transaction that has read the history, and ends when told to."""
        has_read, end = threading.Event(), threading.Event()

        def read():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SELECT id FROM jobs_history ORDER BY id")
                first = cursor.fetchall()
                has_read.set()
                assert end.wait(PATIENCE)
                cursor.execute("SELECT id FROM jobs_history ORDER BY id")
                return first, cursor.fetchall()

        asked = beside(read)
        assert has_read.wait(PATIENCE)
        yield asked, end
        end.set()

    def test_who_has_read_before_holds_it_up_and_sees_what_he_saw(self, moved, emitted, monkeypatch, request):
        asked, end = request.getfixturevalue("reader")
        monkeypatch.setattr(service, "WAIT_MS", 50)
        removing = service.Removing()
        for _ in range(2):  # the second goes on from where the first was held up
            assert removing(now=NOW + DAY) == service.TRY_EVERY
        assert [event.day for event in emitted.of(RemovalDelayed)] == [date(2030, 1, 2)] * 2
        assert [one.pending for one in partitions()] == [True, False]
        assert history() == [moved[1].pk], "who reads from now on does not see it"
        end.set()
        first, second = asked.result(PATIENCE)
        assert first == second == [(job.pk,) for job in moved]
        assert removing(now=NOW + DAY) == service.REMOVE_EVERY
        assert days() == [date(2030, 1, 4)]

    def test_the_connection_waits_for_locks_as_before(self, moved):
        service.Removing()(now=NOW + DAY)
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)

    def test_rows_come_in_while_somebody_reads(self, moved, over, latest, reader):
        job = over(28.5)
        latest()
        move()
        assert job.pk in history()


def test_who_died_before_it_was_dropped_has_left_what_the_next_drops(moved):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_history DETACH PARTITION jobs_history_d20300102")
    service.Removing()(now=NOW)
    assert len(days()) == 2
    service.Removing()(now=NOW + DAY)
    assert days() == [date(2030, 1, 4)]


def test_a_table_of_another_name_is_left_alone():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE jobs_history_drafts (id int)")
        try:
            service.Removing()(now=NOW + DAY)
            cursor.execute("SELECT count(*) FROM jobs_history_drafts")
        finally:
            cursor.execute("DROP TABLE jobs_history_drafts")


def test_the_partition_of_a_day_is_made_once():
    for _ in range(2):
        create([date(2031, 1, 1)])
    assert days() == [date(2031, 1, 1)]
