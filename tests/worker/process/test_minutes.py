"""The last hour of a worker by its minutes, as it counts it itself."""

from datetime import UTC, datetime

from jobs.worker.process.minutes import KEPT, MINUTE, Minutes

AT = 60 * 29_000_000.0  # a minute begins
UNTIL = datetime.fromtimestamp(AT, UTC)


def seen(*samples):
    """Minutes after these samples: seconds from AT, starts so far, slots that are taken, of 4."""
    minutes = Minutes()
    for after, starts, taken in samples:
        minutes.see(AT + after, starts, taken, 4)
    return minutes.row()


def test_at_first_nothing_is_known():
    nothing = {"minutes_until": None, "minute_starts": [], "minute_use": []}
    assert Minutes().row() == nothing
    assert seen((-50, 0, 4), (-1, 7, 4)) == nothing, "the minute has not ended"


def test_a_minute_has_its_starts_and_the_mean_of_its_slots():
    assert seen((-60, 3, 4), (-40, 5, 4), (-20, 9, 1), (0, 10, 0)) == {
        "minutes_until": UNTIL,
        "minute_starts": [7],
        "minute_use": [75],
    }


def test_more_than_all_slots_is_all():
    assert seen((-60, 0, 9), (0, 0, 0))["minute_use"] == [100]


def test_minutes_in_which_it_was_stopped_are_not_known():
    row = seen((-240, 0, 2), (-180, 4, 2), (0, 9, 0))
    assert row == {"minutes_until": UNTIL, "minute_starts": [4, 5, None, None], "minute_use": [50, 50, None, None]}


def test_only_an_hour_is_kept_however_long_it_lives_or_was_stopped():
    row = seen(*((n * MINUTE, 10 * n, 2) for n in range(KEPT + 31)))
    assert row["minute_starts"] == [10] * KEPT
    assert row["minutes_until"] == datetime.fromtimestamp(AT + (KEPT + 30) * MINUTE, UTC)
    assert seen((0, 0, 0), (1e6, 5, 0))["minute_starts"] == [None] * KEPT


def test_a_clock_that_was_set_back_begins_anew():
    row = seen((0, 0, 4), (60, 7, 4), (-600, 8, 4), (-540, 9, 0))
    assert row == {"minutes_until": datetime.fromtimestamp(AT - 540, UTC), "minute_starts": [1], "minute_use": [100]}


def test_a_pool_without_slots_is_not_used():
    minutes = Minutes()
    minutes.see(AT - 60, 0, 0, 0)
    minutes.see(AT, 0, 0, 0)
    assert minutes.row()["minute_use"] == [0]
