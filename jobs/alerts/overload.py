"""Finds the queues that will start jobs late within the next hour, in the words of the forecast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from jobs.forecast.forecast import forecast, reckon
from jobs.forecast.overloads import Overload
from jobs.forecast.reading import DAY, read
from jobs.rights import EVERYTHING

AHEAD = timedelta(hours=1)


def look(now: datetime) -> tuple[Overload, ...]:
    """Return the worst overload of each queue of those that begin within AHEAD, as `/forecast/` has it. Some five
    statements, to be asked each minute at most; the whole day is read only while there is an overload. Not of queues
    that no worker takes from now: where one comes when it is needed nothing is wrong, and where none comes the first
    job that is due says it."""
    hour = reckon(read(now, DAY, EVERYTHING, until=now + AHEAD), EVERYTHING)
    soon = [_worst(one.overloads) for one in hour.queues if one.slots and one.overloads]
    if not soon:
        return ()
    # What begins within the hour may go on after it.
    day = forecast(now=now, hours=DAY, within=EVERYTHING)
    whole = {(late.queue, late.first): late for one in day.queues for late in one.overloads}
    return tuple(sorted((whole.get((late.queue, late.first), late) for late in soon), key=lambda late: late.queue))


def _worst(found: Sequence[Overload]) -> Overload:
    """Return that with the greatest delay, the first of several."""
    return max(found, key=lambda late: (late.delay, -late.first))


def address(late: Overload) -> str:
    """Return the path of the page that says it, too."""
    return f"/forecast/?{urlencode({'queue': late.queue})}"
