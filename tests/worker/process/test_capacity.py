"""Whether a worker takes jobs: by the reading in its memory and by what its row says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobs.models.querysets.workers import Drain
from jobs.nodes.metrics import Reading
from jobs.nodes.thresholds import IN_A_ROW, Limit
from jobs.worker.process.capacity import Capacity

FULL, FINE = Reading(memory=97), Reading(memory=10)
DRAINED = Drain(datetime(2026, 1, 1, tzinfo=UTC), "new kernel", "ada")
OVER = "memory 97 % is over JOBS_NODE_MAX_MEMORY=95"


class Changes(list):
    """What the node has said of each change."""

    def __init__(self, *readings):
        super().__init__()
        self.readings = iter(readings)
        self.capacity = Capacity([Limit("memory", "%", "JOBS_NODE_MAX_MEMORY", 95)], lambda: next(self.readings))
        self.capacity.on_change = lambda: self.append(self.capacity.refusing)

    def look(self, times):
        for _ in range(times):
            self.capacity._look()


def test_it_says_once_that_it_refuses_and_once_that_it_does_not():
    others = [Reading(memory=98), Reading(memory=99)]
    changes = Changes(FINE, *[FULL] * IN_A_ROW, *others, *[FINE] * (IN_A_ROW + 2))
    changes.look(1 + IN_A_ROW + len(others) + IN_A_ROW + 2)
    assert changes == [OVER, ""]


def test_a_drain_is_one_more_reason():
    changes = Changes(FULL, *[FINE] * IN_A_ROW)
    changes.look(1)
    changes.capacity.set_drain(DRAINED)
    changes.capacity.set_drain(DRAINED)
    changes.look(IN_A_ROW)
    changes.capacity.set_drain(Drain())
    assert changes == [OVER, f"drained by ada: new kernel; {OVER}", "drained by ada: new kernel", ""]


def test_it_goes_on_reading_whoever_does_not_listen(caplog):
    changes = Changes(FINE, FINE)

    def fail():
        raise OSError("no cache")

    changes.capacity.on_reading = fail
    changes.look(2)
    assert changes.capacity.reading == FINE


@pytest.mark.parametrize(
    ("drain", "said"),
    [
        (Drain(), ""),
        (Drain(DRAINED.drained_at), "drained"),  # by an UPDATE in SQL
        (Drain(DRAINED.drained_at, "x"), "drained: x"),
        (DRAINED, "drained by ada: new kernel"),
    ],
)
def test_how_a_drain_is_said(drain, said):
    node = Capacity()
    node.set_drain(drain)
    assert node.refusing == said
