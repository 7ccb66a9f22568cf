"""The lines that carry a guarantee, each with a change that takes it away and the tests that must notice.

Not here, because without them nothing is lost or doubled, only slower: `SKIP LOCKED` in the list query and in acquire.
Who waits for the row instead reads it again under its lock (READ COMMITTED), and finds it marked or running.
"""

from scripts.mutations import ending, listing, starting
from scripts.mutations.record import Edit, Mutant

MUTANTS: tuple[Mutant, ...] = starting.MUTANTS + ending.MUTANTS + listing.MUTANTS

__all__ = ["MUTANTS", "Edit", "Mutant"]
