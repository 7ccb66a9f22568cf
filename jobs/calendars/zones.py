"""Names of time zones: which are for people, and what those mean that are stored but are not."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# How hosts keep the same zones: with POSIX's seconds, and with leap seconds, which no clock of ours counts.
COPIES = ("posix/", "right/")
NO_PLACE = ("Factory", "localtime", "posixrules")
UNKNOWN = "This time zone is not known; write UTC or a name like Europe/Berlin."


def find(name: str) -> ZoneInfo:
    """Return the zone; of a host's copy of one, that one. Raises KeyError, ValueError or OSError where it is none."""
    for copy in COPIES:
        name = name.removeprefix(copy)
    return ZoneInfo(name)


def problems(name: str) -> list[str]:
    """Return what is wrong with a stored name; empty: times can be reckoned with it."""
    try:
        find(name)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder of zones, such as "Europe"
        return [UNKNOWN]
    return []


def new_problems(name: str) -> list[str]:
    """Return what is wrong with a name that a person gives, and what to write instead; empty: nothing."""
    if name in _for_people():
        return []
    for copy in COPIES:
        if name.removeprefix(copy) in _for_people():
            return [f"This is a host's own copy of a time zone; write {name.removeprefix(copy)}."]
    if name in NO_PLACE:
        return [f"{name} is no time zone of any place; write UTC or a name like Europe/Berlin."]
    return [UNKNOWN]


@cache
def _for_people() -> frozenset[str]:
    return frozenset(available_timezones().difference(NO_PLACE))
