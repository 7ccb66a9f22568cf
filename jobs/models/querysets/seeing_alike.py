"""Names of what is kept for all who see the same."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.rights.reach import Reach


def name_of(reach: Reach) -> str:
    """Return one name for those who see the same, and another for everybody else; none for those who see everything."""
    if reach.is_whole and not reach.own_only:
        return ""
    parts = (reach.user_id, reach.everything, reach.own_only, sorted(reach.teams), sorted(reach.all_teams))
    whole = repr((parts, sorted(reach.owned), _sorted(reach.only_queues), _sorted(reach.only_targets)))
    return f"-{hashlib.blake2b(whole.encode(), digest_size=12).hexdigest()}"


def of_teams(reach: Reach) -> Reach:
    """Return this reach without what it has only because its user has made it: that is in no roll-up, and so all of a
    team have the same figures."""
    return reach if reach.is_whole else replace(reach, user_id=None)


def _sorted(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)
