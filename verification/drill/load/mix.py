"""Kind of each job of the load: drawn from the seed and its number alone, so that a round can be had again."""

from __future__ import annotations

import random
from dataclasses import dataclass

HTTP_SHARE = 0.2  # of the jobs call the drill's receiver instead of the body in Python
KEYED_SHARE = 0.25  # of either kind share a key
KEYS = {"one": 1, "other": 1, "three": 3}  # how many of each may run at a time


@dataclass(frozen=True)
class Kind:
    """Kind of a job. `key`: one of KEYS, or None where it shares none."""

    http: bool
    key: str | None

    @property
    def key_limit(self) -> int:
        return KEYS[self.key] if self.key else 1


PLAIN = Kind(http=False, key=None)  # of every job of a dense window


def kind(seed: int, number: int) -> Kind:
    """Return the kind of the job with this number, counted from 1 in the order of creation."""
    chance = random.Random(f"{seed} kind {number}")
    http, keyed = chance.random() < HTTP_SHARE, chance.random() < KEYED_SHARE
    return Kind(http, chance.choice(sorted(KEYS)) if keyed else None)
