"""What looks at the platform adds at most one statement a second to an installation in which nothing goes on: the
statements of one turn of each part, by how often it turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import clock as clocks
from jobs.alerts import sending, watcher
from jobs.clock import clock
from jobs.monitor import figures, late_figures
from jobs.objectives import standing
from jobs.postgresql.base import DatabaseWrapper
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
def looks() -> list[str]:
    """Looks whether the watcher's session is well: each is a statement."""
    return []


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch, looks: list[str]) -> watcher.Watcher:
    """One that judges, and has judged: that its lock is asked for elsewhere, is a statement more."""
    made = watcher.Watcher("watch@test")
    monkeypatch.setattr(made.broker, "answers", lambda: True)
    monkeypatch.setattr(watcher, "close_old_connections", lambda: looks.append("a look"))
    monkeypatch.setattr(made.lock, "take", lambda: True)
    monkeypatch.setattr(watcher.facts.Leadership, "lock_holder", staticmethod(_led))
    made.lock.taken = True
    made.turn()
    looks.clear()
    return made


def _led(lock: int) -> tuple[int, str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1, 'here', 'beat'")
        found: tuple[int, str, str] = cursor.fetchone()
    return found


def per_second_of_watcher(watching: watcher.Watcher, looks: list[str]) -> float:
    """Each turn its lock, the backlog, and who leads; more rarely clocks, figures, missed, interrupted, rules,
    subscriptions, destinations, and, in no transaction as that of a test is, whether the session is well; when the next
    delivery is due; objectives, of which there are none, and the slots that are needed."""
    turn = 1 + asked(watching.turn)
    assert not looks
    watching._asked = float("-inf")
    lasting = 1 + asked(watching.turn) - turn + len(looks)
    watching.sender.look()
    step = asked(lambda: watching.sender.step(clock.now()))
    watching._counted = float("-inf")
    objectives = 1 + asked(watching.turn) - turn
    assert (turn, lasting, step, objectives) == (3, 8, 1, 3)
    rarely = lasting / watcher.LASTING_EVERY + step / sending.LOOK_EVERY + objectives / watcher.COUNT_EVERY
    return turn / watcher.TURN_EVERY + rarely + SAMPLE


def per_second_of_scrapes(monkeypatch: pytest.MonkeyPatch) -> float:
    """Each time what runs, what stands in the way and the leader, which shows that the session is well, too; workers;
    what is ahead. More rarely durations, what was late, and objectives."""
    figures.latest()
    cache.delete(figures.KEY)
    before: list[int] = []
    real = DatabaseWrapper.read_first

    def spied(self: DatabaseWrapper, statement: str, values: Mapping[str, object]) -> list[Any]:
        before.append(len(self.queries_log))
        return real(self, statement, values)

    monkeypatch.setattr(DatabaseWrapper, "read_first", spied)
    begun = len(connection.queries_log)
    scrape = asked(figures.latest)
    cache.delete(figures.DURATIONS_KEY)
    durations = asked(figures.durations)
    late = asked(lambda: late_figures.take(clock.now()))
    cache.delete(standing.KEY)
    objectives = asked(lambda: standing.kept(clock.now()))
    assert (scrape, durations, late, objectives) == (3, 1, 5, 1)
    assert before == [begun], "the first is the one that needs no look at the session before it"
    rarely = durations / figures.DURATIONS_KEPT_FOR + late / late_figures.KEPT_FOR + objectives / standing.KEPT_FOR
    return scrape / SCRAPED_EVERY + rarely + SAMPLE


def per_second_of_rollups() -> float:
    """What has started, ended and waits, in one statement; three an hour remove what is old."""
    rollups.add_figures(now=clock.now())  # the first makes the row of the position
    turn = asked(lambda: rollups.add_figures(now=clock.now()))
    removing = asked(lambda: rollups.remove_old_figures(now=clock.now()))
    assert (turn, removing) == (1, 3)
    return turn / rollups.STEPS[0] + removing / rollups.OLD_EVERY


def test_all_that_looks_asks_one_statement_a_second_at_most(
    watching: watcher.Watcher, looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {
        "watcher": per_second_of_watcher(watching, looks),
        "scrapes": per_second_of_scrapes(monkeypatch),
        "rollups": per_second_of_rollups(),
    }
    assert sum(parts.values()) <= 1.0, parts
