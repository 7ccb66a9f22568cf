"""The lines that carry a guarantee, each with a change that takes it away and the tests that must notice.

Not here, because without them nothing is lost or doubled, only slower: `SKIP LOCKED` in the list query and in acquire.
Who waits for the row instead reads it again under its lock (READ COMMITTED), and finds it marked or running.
"""

from verification.mutants import (
    accepting,
    alerts,
    audit,
    bundles,
    clocks,
    coming_in,
    database,
    doctor,
    editing,
    finishing,
    forms,
    history,
    installation,
    lateness,
    listing,
    metrics,
    operations,
    redaction,
    refusing,
    rights,
    rollups,
    schedules,
    schedules_after,
    secrets,
    sharing,
    starting,
    stops,
    tokens,
    traces,
    waiting,
    workbooks,
)
from verification.mutants.record import Edit, Mutant

BY_ROOM = (
    accepting,
    doctor,
    starting,
    stops,
    finishing,
    listing,
    operations,
    refusing,
    sharing,
    waiting,
    installation,
    database,
    audit,
    editing,
    clocks,
    coming_in,
    schedules,
    schedules_after,
    history,
    redaction,
    bundles,
    tokens,
    rights,
    metrics,
    secrets,
    rollups,
    lateness,
    alerts,
    traces,
    forms,
    workbooks,
)
MUTANTS: tuple[Mutant, ...] = tuple(one for room in BY_ROOM for one in room.MUTANTS)

__all__ = ["MUTANTS", "Edit", "Mutant"]
