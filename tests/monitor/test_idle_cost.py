"""What looks at the platform adds at most one statement a second to an installation in which nothing goes on: the
statements of one turn of each part, by how often it turns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import clock as clocks
from jobs.alerts import sending, watcher
from jobs.clock import clock
from jobs.monitor import figures, late_figures
from jobs.scheduler import rollups
from tests.monitor import rows

pytestmark = pytest.mark.django_db

SCRAPED_EVERY = 15.0  # seconds, as docker/metrics/prometheus.yaml has it
SAMPLE = 1 / clocks.MEASURE_EVERY  # of the clock, in web and in the watcher: as a rule one is enough
LATER = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _idle(monkeypatch: pytest.MonkeyPatch, at: object) -> None:
    """A beat leads and a worker lives, whatever the test takes; the clock was measured."""
    now = clock.current()
    rows.leader(now, listed=-LATER)
    rows.worker(now, silent=-LATER)
    monkeypatch.setattr(clocks, "MEASURE_EVERY", 3600.0)
    cache.clear()


def asked(do: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as statements:
        do()
    return len(statements)


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> watcher.Watcher:
    """One that judges, and has judged: that its lock is asked for elsewhere, is a statement more."""
    made = watcher.Watcher("watch@test")
    monkeypatch.setattr(made.broker, "answers", lambda: True)
    monkeypatch.setattr(watcher, "close_old_connections", lambda: None)
    monkeypatch.setattr(made.lock, "take", lambda: True)
    monkeypatch.setattr(watcher.facts.Leadership, "lock_holder", staticmethod(_led))
    made.lock.taken = True
    made.turn()
    return made


def _led(lock: int) -> tuple[int, str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1, 'here', 'beat'")
        found: tuple[int, str, str] = cursor.fetchone()
    return found


def per_second_of_watcher(watching: watcher.Watcher) -> float:
    """Each turn its lock, the backlog, and who leads; more rarely clocks, figures, missed, interrupted, destinations;
    and when the next delivery is due."""
    turn = 1 + asked(watching.turn)
    watching._asked = float("-inf")
    lasting = 1 + asked(watching.turn) - turn
    watching.sender.look()
    step = asked(lambda: watching.sender.step(clock.now()))
    assert (turn, lasting, step) == (3, 5, 1)
    return turn / watcher.TURN_EVERY + lasting / watcher.LASTING_EVERY + step / sending.LOOK_EVERY + SAMPLE


def per_second_of_scrapes() -> float:
    """Each time what runs and what stands in the way, workers, what is ahead, the leader; once a minute durations, and
    what was late."""
    figures.latest()
    cache.delete(figures.KEY)
    scrape = asked(figures.latest)
    cache.delete(figures.DURATIONS_KEY)
    durations = asked(figures.durations)
    late = asked(lambda: late_figures.take(clock.now()))
    assert (scrape, durations, late) == (4, 1, 4)
    return scrape / SCRAPED_EVERY + durations / figures.DURATIONS_KEPT_FOR + late / late_figures.KEPT_FOR + SAMPLE


def per_second_of_rollups() -> float:
    """What has started, ended and waits, in one statement; three an hour remove what is old."""
    rollups.add_figures(now=clock.now())  # the first makes the row of the position
    turn = asked(lambda: rollups.add_figures(now=clock.now()))
    removing = asked(lambda: rollups.remove_old_figures(now=clock.now()))
    assert (turn, removing) == (1, 3)
    return turn / rollups.STEPS[0] + removing / rollups.OLD_EVERY


def test_all_that_looks_asks_one_statement_a_second_at_most(watching: watcher.Watcher) -> None:
    parts = {
        "watcher": per_second_of_watcher(watching),
        "scrapes": per_second_of_scrapes(),
        "rollups": per_second_of_rollups(),
    }
    assert sum(parts.values()) <= 1.0, parts
