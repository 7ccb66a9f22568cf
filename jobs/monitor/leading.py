"""The leading beat, as the monitor shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.conf import conf
from jobs.installation import known
from jobs.models import Leadership
from jobs.models.querysets.within import is_narrow
from jobs.rights import Reach

UNPUBLISHED_AFTER = timedelta(seconds=5)
WINDOWS_OF_PATIENCE = 2  # without a list query for longer than this, perhaps nobody leads


@dataclass(frozen=True)
class LeaderLine:
    """Leading beat. `absent`: none leads, and none has listed for more than two windows. `unpublished`: jobs of its
    last window still wait for the broker.
    """

    holder: str
    epoch: int
    elected_at: datetime | None
    listed_at: datetime | None
    listed: int | None  # due jobs of all teams; None: not for who does not see them
    published_at: datetime | None
    absent: bool
    unpublished: bool
    zones: str = ""  # the release of the time zones that it uses; empty: not known


def leader_line(now: datetime, reach: Reach, row: Leadership | None = None) -> LeaderLine:
    """Return the leading beat as somebody of this reach sees it. One question where its row was not read before, and
    one where it may be away."""
    row = Leadership.current() if row is None else row
    patience = timedelta(seconds=WINDOWS_OF_PATIENCE * conf().min_prepare_time)
    return LeaderLine(
        holder=row.holder if row.elected_at else "",
        epoch=row.epoch if row.elected_at else 0,
        elected_at=row.elected_at,
        listed_at=row.listed_at,
        listed=None if is_narrow(reach) else row.listed if row.listed_at else 0,
        published_at=row.published_at,
        # A beat that cannot publish lists nothing more, but leads: only its lock tells. Asked only when in doubt.
        absent=(row.listed_at is None or now - row.listed_at > patience)
        and not Leadership.lock_holder(known.identity().lock),
        unpublished=bool(
            row.listed and row.published_at is None and row.listed_at and now - row.listed_at > UNPUBLISHED_AFTER
        ),
        zones=row.zones,
    )
