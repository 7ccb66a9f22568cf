"""Options of the throughput benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verification.benchmark.options import Volume, volume

BARE_SLOTS = 10  # of each of bare Celery's workers, where it was found to be fastest


def checked(given: Mapping[str, Any]) -> Volume:
    """Return the backlog that the command line asks for. Raises OptionError."""
    return volume("--throughput", given, {"jobs": 10_000, "instances": 2, "slots": 100}, fewest=10, most=1_000_000)
