"""Cron's dialects beside independent readers of them: cronsim, croniter and celery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab
from croniter import croniter
from cronsim import CronSim

from jobs.recurrence import after, parse

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")

CRON = """\
* * * * *
*/5 * * * *
*/7 * * * *
0 * * * *
17 * * * *
0,30 * * * *
1-59/2 * * * *
10-20,40-50/5 * * * *
5,10,15 3 * * *
30 2 * * *
0 */2 * * *
0 1-23/3 * * *
15 9-17 * * *
*/15 9-17 * * 1-5
0 0 * * 0
0 0 * * 7
0 0 * * sun
0 0 * * 1-5
0 0 * * mon-fri
0 0 * * MON,wed,Fri
0 0 * * 5-7
0 0 * * */2
0 0 1 * *
0 0 15 * *
0 0 31 * *
0 0 29 2 *
0 0 28-31 * *
0 0 1,15 * *
0 0 */10 * *
0 0 1-7 * 1
0 0 13 * 5
0 0 13 * fri
0 0 */2 * mon
0 0 1 * */3
0 0 */100 * 1-7
0 0 1-31 * 1
0 0 1 1 *
0 0 1 jan,jul *
0 0 1 JAN-MAR *
0 12 * */3 *
0 12 * 2-12/2 *
59 23 31 12 *
0 0 30 4,6,9,11 5
23 0-20/2 * * *
5 4 * * sun
22 22 * * 1-5
0 22 * * 1-5
0 0,12 1 */2 *
"""
CRON6 = """\
* * * * * *
*/10 * * * * *
0 * * * * *
30 15 9 * * *
0,30 */20 * * * *
5-10 0 0 * * *
59 59 23 31 12 *
15 30 2 * * mon-fri
1-59/29 0 12 1,15 * *
0 0 0 13 * 5
0 0 0 * 2 1
10 0 */6 * * *
59 * * * * *
*/7 * * * * *
*/59 * * * * *
0-30/10 * * * * *
15,45 */5 * * * *
1,2,3 0 * * * *
30 0,30 * * * *
0 17 * * * *
45 59 23 * * *
0 0 0 * * *
0 30 2 * * *
20 1-59/2 3 * * *
*/20 10-20,40-50/5 6 * * *
0 */15 9-17 * * 1-5
30 0 */2 * * *
5 5 1-23/3 * * *
0 0 0 * * 0
0 0 0 * * 7
10 0 0 * * sun
0 0 12 * * MON,wed,Fri
0 0 12 * * 5-7
7 0 0 1 * *
0 0 0 31 * *
0 0 0 29 2 *
*/30 0 0 28-31 * *
0 0 0 1-7 * 1
0 0 0 13 * fri
0 0 0 */2 * mon
0 0 0 1 * */3
0 0 0 1 jan,jul *
50 0 12 * 2-12/2 *
0 0 0 30 4,6,9,11 5
"""


def ours(dialect: str, expression: str, since: datetime, zone: ZoneInfo, number: int) -> list[datetime]:
    return list(islice(after(parse(dialect, expression), since, zone=zone, anchor=BEGIN), number))


@pytest.mark.parametrize("expression", CRON.splitlines())
def test_cron_starts_when_cronsim_says(expression):
    assert ours("cron", expression, BEGIN, UTC_ZONE, 30) == list(islice(CronSim(expression, BEGIN), 30))


@pytest.mark.parametrize("expression", CRON6.splitlines())
def test_cron_with_seconds_starts_when_cronsim_says(expression):
    assert ours("cron6", expression, BEGIN, UTC_ZONE, 30) == list(islice(CronSim(expression, BEGIN), 30))


# croniter takes a step of days and a day of the week as OR, where Debian's cron takes them as AND, and as a bound of 31.
@pytest.mark.parametrize(
    "expression", [line for line in CRON.splitlines() if not ("*/" in line.split()[2] or "*/" in line.split()[4])]
)
def test_cron_starts_when_croniter_says(expression):
    iterator = croniter(expression, BEGIN)
    assert ours("cron", expression, BEGIN, UTC_ZONE, 30) == [iterator.get_next(datetime) for _ in range(30)]


def reads_hours_as_we_do(expression: str) -> bool:
    """Whether cronsim, which asks for a star in the minute or hour, and we, who ask for one or a step in the hour, agree."""
    minute, hour, *_ = expression.split()
    return hour.startswith("*") or ("*" not in minute and "/" not in hour)


@pytest.mark.parametrize("expression", [line for line in CRON.splitlines() if reads_hours_as_we_do(line)])
@pytest.mark.parametrize("since", [datetime(2026, 3, 28, 12, tzinfo=BERLIN), datetime(2026, 10, 24, 12, tzinfo=BERLIN)])
def test_cron_in_berlin_starts_when_cronsim_says_through_its_gap_and_its_fold(expression, since):
    end = since + timedelta(days=2)
    theirs = sorted({each.astimezone(UTC) for each in until(iter(CronSim(expression, since)), end)})
    assert list(until(after(parse("cron", expression), since, zone=BERLIN, anchor=BEGIN), end)) == theirs


def until(instants: Iterator[datetime], end: datetime) -> Iterator[datetime]:
    for instant in instants:
        if instant > end:
            return
        yield instant


CELERY = """\
* * * * *
*/5 * * * *
*/7 * * * *
0 * * * *
17 * * * *
0,30 * * * *
1-59/2 * * * *
10-20,40-50/5 * * * *
5,10,15 3 * * *
30 2 * * *
0 */2 * * *
0 1-23/3 * * *
15 9-17 * * *
*/15 9-17 * * 1-5
0 0 * * 0
0 0 * * sun
0 0 * * sunday
0 0 * * 1-5
0 0 * * mon-fri
0 0 * * MON,wed,Fri
0 0 * * fri-mon
0 0 * * sat-sun
0 0 * * 5-1
0 0 * * */2
0 22-2 * * *
50-10 * * * *
50-10/5 * * * *
0 0 1 * *
0 0 31 * *
0 0 29 2 *
0 0 28-2 * *
0 0 */10 * *
0 0 1-7 * 1
0 0 13 * 5
0 0 13 * fri
0 0 */2 * mon
0 0 1 * */3
0 0 1 1 *
0 0 1 jan,jul *
0 0 1 nov-feb *
0 12 * */3 *
0 12 * 2-12/2 *
59 23 31 12 *
0 0 30 4,6,9,11 5
"""


@pytest.mark.parametrize("expression", CELERY.splitlines())
def test_celerys_crontab_starts_when_celery_says(expression):
    now = BEGIN
    schedule = crontab.from_string(expression)
    schedule.nowfun = lambda: now
    schedule.tz = UTC
    theirs = []
    for _ in range(15):
        now += schedule.remaining_estimate(now)
        theirs.append(now)
    assert ours("celery", expression, BEGIN, UTC_ZONE, 15) == theirs


@pytest.mark.parametrize("count", [len(CRON.splitlines()), len(CELERY.splitlines())])
def test_there_are_forty_of_each(count):
    assert count >= 40


@pytest.mark.parametrize(
    ("nickname", "expression"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@Hourly", "0 * * * *"),
    ],
)
def test_a_nickname_means_what_crontab_5_says(nickname, expression):
    assert parse("cron", nickname) == parse("cron", expression)
    assert parse("cron6", nickname) == parse("cron6", f"0 {expression}")
