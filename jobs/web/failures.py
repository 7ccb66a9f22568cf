"""Failures as people and programs ask for them: a stretch of time up to now, a queue, a target."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jobs.models.failures import Failures, failures
from jobs.rights import Reach
from jobs.rights.telling import tell
from jobs.web.lookback import SPANS, USUAL


def asked(wanted: Mapping[str, Any], reach: Reach, now: datetime) -> Failures:
    """Return the groups of what failed in the stretch that is asked for, as somebody of this reach may see them."""
    since = now - SPANS[wanted.get("span", USUAL)]
    queue, target = wanted.get("queue"), wanted.get("target")
    return failures(since, now, reach=reach, tell=lambda rows: tell(rows, reach), queue=queue, target=target)
