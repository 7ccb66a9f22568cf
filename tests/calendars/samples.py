"""Moments and hours of which samples are taken."""

from datetime import datetime, time, timedelta

from hypothesis import strategies as st

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham"]


BEGIN = datetime(2026, 3, 1)  # noqa: DTZ001 - a wall time; the year has both changes of all these zones


MINUTE = timedelta(minutes=1)


MINUTES = 60 * 24 * 300


minutes = st.integers(0, MINUTES).map(lambda n: BEGIN + n * MINUTE)


hours = st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda pair: pair[0] < pair[1])


def at(minute):
    return time(minute // 60, minute % 60)
