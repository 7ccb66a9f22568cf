"""How many slots are needed by what is planned."""

from __future__ import annotations

import pytest

from jobs.forecast.need import CELL, Planned, slots_needed, starts_by_window


def needed(*planned, **durations):
    found = slots_needed(planned, lambda target: durations[target])
    return {window: round(value, 6) for (queue, window), value in found.items() if queue == "q"}


def test_what_is_short_shares_a_slot():
    assert needed(Planned("q", "t", 0, 100), t=1.0) == dict.fromkeys(["1m", "5m", "15m", "60m"], 10.0)


def test_a_burst_later_is_seen_by_the_windows_that_reach_it_only():
    in_two_minutes = Planned("q", "t", 120 // CELL, 100)
    assert needed(in_two_minutes, t=1.0) == {"1m": 0.0, "5m": 10.0, "15m": 10.0, "60m": 10.0}


def test_what_is_long_has_its_slot_in_all_cells_until_its_end():
    """Three of 25 s, ten seconds after each other: from the third on two and a half of them run."""
    steps = [Planned("q", "t", cell, 1) for cell in range(3)]
    assert needed(*steps, t=25.0)["1m"] == 2.5
    assert needed(Planned("q", "t", 0, 1), Planned("q", "t", 5, 1), t=60.0)["1m"] == 2.0
    assert needed(Planned("q", "t", 0, 1), Planned("q", "t", 5, 1), t=50.0)["1m"] == 1.0


@pytest.mark.parametrize("seconds", [3600.0, 1e9])
def test_what_outlasts_the_hour_holds_its_slot_to_the_end(seconds):
    planned = [Planned("q", "t", 0, 2), Planned("q", "u", 359, 30)]
    assert needed(*planned, t=seconds, u=10.0) == {"1m": 2.0, "5m": 2.0, "15m": 2.0, "60m": 32.0}


def test_queues_are_apart():
    found = slots_needed([Planned("q", "t", 0, 10), Planned("r", "t", 0, 20)], lambda target: 10.0)
    assert (found["q", "1m"], found["r", "1m"]) == (10.0, 20.0)


def test_starts_are_counted_to_the_end_of_each_window():
    planned = [Planned("q", "t", cell, 1) for cell in (0, 5, 6, 29, 30, 90, 359)]
    assert starts_by_window(planned) == {("q", "1m"): 2, ("q", "5m"): 4, ("q", "15m"): 5, ("q", "60m"): 7}
