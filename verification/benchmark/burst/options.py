"""Options of the burst benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verification.benchmark.options import Volume, volume, within

EXACT_SLOTS = 5  # of each worker while bursts of exactly all slots are fired
EXACT_TIMES = 5
HTTP_TIMES = 2  # the first finds no connection open
MOST = 20_000  # jobs


@dataclass(frozen=True)
class Bursts(Volume):
    """`http`: so many HTTP jobs at one instant too, each beside as many Python ones at another."""

    http: int


def checked(given: Mapping[str, Any]) -> Bursts:
    """Jobs at one instant. Raises OptionError."""
    http = given.get("http") or 0
    within("--http", http, 0, MOST, "jobs")
    others = {name: value for name, value in given.items() if name != "http"}
    of_python = volume("--burst", others, {"jobs": 1000, "instances": 5, "slots": 40}, fewest=1, most=MOST)
    return Bursts(**vars(of_python), http=http)
