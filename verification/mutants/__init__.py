"""The lines that carry a guarantee, each with a change that takes it away and the tests that must notice.

Not here, because without them nothing is lost or doubled, only slower: `SKIP LOCKED` in the list query and in acquire.
Who waits for the row instead reads it again under its lock (READ COMMITTED), and finds it marked or running.
"""

from verification.mutants import (
    accepting,
    audit,
    bundles,
    clocks,
    database,
    finishing,
    history,
    installation,
    listing,
    refusing,
    schedules,
    schedules_after,
    sharing,
    starting,
    waiting,
)
from verification.mutants.record import Edit, Mutant

BY_ROOM = (
    accepting,
    starting,
    finishing,
    listing,
    refusing,
    sharing,
    waiting,
    installation,
    database,
    audit,
    clocks,
    schedules,
    schedules_after,
    history,
    bundles,
)
MUTANTS: tuple[Mutant, ...] = tuple(one for room in BY_ROOM for one in room.MUTANTS)

__all__ = ["MUTANTS", "Edit", "Mutant"]
