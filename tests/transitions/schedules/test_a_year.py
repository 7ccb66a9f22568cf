"""Every nominal time of a year is accounted for exactly once: it has started, or has its cause. The years are planned
by an injected clock, without a database; how many nominal times they have was reckoned by hand."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest

from jobs.models import Schedule
from jobs.states import CatchUp, Cause
from jobs.transitions.schedules.nominal import INSTANT, times_after
from jobs.transitions.schedules.planning import is_stale, plan

GRACE = timedelta(seconds=30)
LEAD = timedelta(seconds=0.2)
MOST = 4000
HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=31)

PLACES = [
    ("Europe/Berlin", 2026),
    ("Australia/Lord_Howe", 2026),
    ("America/Nuuk", 2026),
    ("Africa/Casablanca", 2026),
    ("Pacific/Apia", 2011),
]

# Dialect, expression, zone, year, and its nominal times. Where the hour is `*` or a step, a year has as many as it has
# instants with such a wall time: Casablanca's 2026 is an hour longer than a year, Apia's 2011 a day shorter, and in
# Lord Howe's half hour that there is not lies one full hour. Fixed hours have one start a day whatever the clocks do.
YEARS = [
    ("cron", "*/15 * * * *", "Europe/Berlin", 2026, 35_040),
    ("cron", "@hourly", "Europe/Berlin", 2026, 8_760),
    ("cron", "30 2 * * *", "Europe/Berlin", 2026, 365),
    ("cron", "@hourly", "Australia/Lord_Howe", 2026, 8_759),
    ("cron", "30 2 * * *", "Australia/Lord_Howe", 2026, 365),
    ("cron", "@hourly", "America/Nuuk", 2026, 8_760),
    ("cron", "30 23 * * *", "America/Nuuk", 2026, 365),
    ("cron", "@hourly", "Africa/Casablanca", 2026, 8_761),
    ("cron", "30 2 * * *", "Africa/Casablanca", 2026, 365),
    ("cron", "@hourly", "Pacific/Apia", 2011, 8_736),
    ("cron", "30 2 * * *", "Pacific/Apia", 2011, 365),
    # The last weekday of each month, also of Apia's December 2011, whose 30th, a Friday, there was not: it starts at
    # the first instant after it.
    *[("quartz", "0 30 2 LW * ?", zone, year, 12) for zone, year in PLACES],
]


class Life:
    """A schedule with a worker that takes each run in its time, but for the hours in which nothing is there."""

    def __init__(self, dialect, expression, zone, begin, catch_up):
        before = begin - INSTANT
        self.schedule = Schedule(
            pk=1,
            name="x",
            dialect=dialect,
            expression=expression,
            time_zone=zone,
            catch_up=catch_up,
            catch_up_limit=10,
            anchored_at=begin,
            accounted_until=before,
        )
        self.started, self.missed, self.waiting = [], [], []
        self.move_on(before)

    def move_on(self, now):
        while True:
            found = plan(self.schedule, now=now, grace=GRACE, most=MOST, changes={})
            self.waiting += [run.nominal_at for run in found.runs]
            self.missed += found.missed
            self.schedule.accounted_until, self.schedule.made = found.accounted_until, found.made
            self.schedule.next_at = found.next_at
            self.schedule.next_job_id = None if found.unfinished or found.next_at is None else 1
            if not found.unfinished:
                return

    def live(self, until, away=()):
        """Let time pass up to that moment. `away`: from when until when nothing is there."""
        while self.waiting[0] < until:
            nominal = self.waiting.pop(0)
            now = next((back for gone, back in away if gone <= nominal < back), nominal - LEAD)
            later = self.later(nominal, now) if now - nominal > GRACE else 0
            if is_stale(self.schedule, nominal, now=now, grace=GRACE, later=later):
                self.missed.append(nominal)
            else:
                self.started.append(nominal)
            if not self.waiting:
                self.move_on(now)

    def later(self, nominal, now):
        return sum(1 for _ in islice(takewhile(lambda one: one <= now, times_after(self.schedule, nominal)), 10))

    def counted(self):
        skipped = sum(1 if isinstance(one, datetime) else one.count for one in self.missed)
        return len(self.started) + skipped


def year(zone, year):
    return [datetime(y, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for y in (year, year + 1)]


@pytest.mark.parametrize(("dialect", "expression", "zone", "which", "times"), YEARS)
def test_a_year_without_downtime_starts_each_of_its_times(dialect, expression, zone, which, times):
    begin, end = year(zone, which)
    life = Life(dialect, expression, zone, begin, CatchUp.LATEST)
    life.live(end)
    assert (len(life.started), life.missed) == (times, [])
    assert len(set(life.started)) == times


@pytest.mark.parametrize("catch_up", CatchUp.values)
@pytest.mark.parametrize("one", YEARS[1:], ids=str)
def test_after_downtime_each_has_started_or_has_its_cause(one, catch_up):
    """An hour, a day and a month in which nothing is there."""
    dialect, expression, zone, which, times = one
    begin, end = year(zone, which)
    life = Life(dialect, expression, zone, begin, catch_up)
    gone = [begin + timedelta(days=days, minutes=1) for days in (60, 150, 250)]
    life.live(end, away=[(at, at + length) for at, length in zip(gone, (HOUR, DAY, MONTH), strict=True)])
    assert life.counted() == times
    assert len(set(life.started)) == len(life.started)
    if expression == "@hourly":
        lost = {CatchUp.SKIP: 1 + 24 + 744, CatchUp.LATEST: 23 + 743, CatchUp.ALL: 14 + 734}[catch_up]
        assert abs(times - len(life.started) - lost) <= 1, "clocks that change in the month take or give an hour"


@pytest.mark.parametrize(("catch_up", "made_up"), [(CatchUp.SKIP, 0), (CatchUp.LATEST, 1), (CatchUp.ALL, 10)], ids=str)
def test_of_a_month_of_every_five_minutes_as_many_start_as_it_makes_up_for(catch_up, made_up):
    begin = datetime(2026, 2, 1, tzinfo=UTC)
    down, up = begin + timedelta(minutes=1), begin + MONTH + timedelta(minutes=1)
    life = Life("cron", "*/5 * * * *", "UTC", begin, catch_up)
    life.live(up + HOUR, away=[(down, up)])
    in_it = [one for one in life.started if down <= one < up]
    assert in_it == [up - timedelta(minutes=1 + 5 * n) for n in reversed(range(made_up))]
    assert life.counted() == 1 + 31 * 288 + 12  # the first, the month, the hour after it


def test_half_a_day_of_every_second_with_an_hour_without_anybody():
    begin = datetime(2026, 3, 28, 20, tzinfo=UTC)  # over the night in which Berlin's clocks go forward
    life = Life("cron6", "* * * * * *", "Europe/Berlin", begin, CatchUp.LATEST)
    down = begin + timedelta(hours=6)
    life.live(begin + DAY / 2, away=[(down, down + HOUR)])
    assert life.counted() == 43_200
    gaps = [one for one in life.missed if not isinstance(one, datetime)]
    assert {gap.cause for gap in gaps} == {Cause.DOWNTIME}
    assert len(life.started) == 43_200 - 3600 + 30  # those within MaxDelayTime of its end still start


@pytest.mark.parametrize("catch_up", CatchUp.values)
def test_a_run_that_is_too_late_for_itself_does_not_start(catch_up):
    begin = datetime(2026, 2, 1, tzinfo=UTC)
    life = Life("cron", "0 9 * * *", "UTC", begin, catch_up)
    life.schedule.start_within = 3600
    life.live(begin + 3 * DAY, away=[(begin + timedelta(hours=8), begin + timedelta(hours=11))])
    assert life.started == [begin + timedelta(hours=33), begin + timedelta(hours=57)]
    assert life.counted() == 3
