"""What shows that a database was restored, and what does not: a false alarm stops every job."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from jobs.installation.memory import Memory
from jobs.installation.watch import Place, place, why_restored
from jobs.models import Installation

HERE = Place(
    system_identifier=7, timeline=1, database_oid=16384, table_oid=17000, latest=500, sequence=520, written=9000
)
KNEW = Memory(start=500, written=8000, timeline=1)
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def row(here=HERE):
    found = Installation()
    place(found, here)
    return found


@pytest.mark.parametrize(
    ("here", "remembered"),
    [
        (HERE, KNEW),
        (HERE, None),  # the broker was wiped, or is another
        (replace(HERE, latest=0), KNEW),  # everything was purged
        (replace(HERE, timeline=2), KNEW),  # a standby that had it all was promoted
        (
            replace(HERE, timeline=2, written=7000),
            KNEW,
        ),  # its WAL may end before what the old primary had written alone
        (replace(HERE, system_identifier=None), KNEW),  # the role may not read it
    ],
)
def test_no_alarm(here, remembered):
    assert why_restored(row(), here, remembered, heard=500, asked=True) == ""


def test_a_new_installation_is_no_restored_one():
    assert why_restored(Installation(last_start=0), HERE, None, heard=0, asked=True) == ""


@pytest.mark.parametrize(
    ("here", "remembered", "says"),
    [
        (replace(HERE, system_identifier=8), KNEW, "another PostgreSQL cluster"),
        (replace(HERE, table_oid=17001), KNEW, "a dump was restored"),
        (replace(HERE, database_oid=16999), None, "the database was copied"),
        (replace(HERE, latest=400, sequence=420), KNEW, "start 500 was made"),  # a copy of files, or rows put back
        (replace(HERE, timeline=2, latest=400, sequence=420), KNEW, "start 500 was made"),  # a standby that was behind
        (replace(HERE, written=7999), KNEW, "a copy of its files"),
        (replace(HERE, timeline=2), None, "may have been put back in time"),
    ],
)
def test_alarms(here, remembered, says):
    assert says in why_restored(row(), here, remembered, heard=0, asked=True)


def test_a_process_that_has_lived_on_remembers_too():
    assert "start 600 was made" in why_restored(row(), HERE, None, heard=600, asked=True)


def test_while_the_broker_is_away_a_new_timeline_waits_for_its_word():
    assert why_restored(row(), replace(HERE, timeline=2), None, heard=0, asked=False) == ""
