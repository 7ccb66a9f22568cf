"""The headers RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11) of what creates jobs: how much
there is of a creation limit, and how much is left."""

from __future__ import annotations

import math

from drf_spectacular.utils import OpenApiParameter

from jobs.creation_limits import Admission, Allowance

SINGLE, BULK = "jobs", "bulk-jobs"  # names of the policies
# The draft's units are requests, bytes and requests at a time; ours is said as a parameter of ours.
UNIT = ';runat-unit="jobs"'
ANSWERS = [200, 201, 202, 429]

PARAMETERS = [
    OpenApiParameter(
        "RateLimit-Policy",
        location=OpenApiParameter.HEADER,
        response=ANSWERS,
        description=f'Of who is limited: `"{SINGLE}";q=10;w=1` are 10 jobs at once, earned in a second; `"{BULK}"` '
        "of a bulk request, in which each job counts.",
    ),
    OpenApiParameter(
        "RateLimit",
        location=OpenApiParameter.HEADER,
        response=ANSWERS,
        description=f'Of who is limited: `"{SINGLE}";r=9;t=1` are 9 jobs left, and one more in a second.',
    ),
]


def of(admission: Admission | None) -> dict[str, str]:
    """Return the headers of whoever was limited; none of others, and of a repeat, which costs nothing."""
    if admission is None or not admission.drawn:
        return {}
    is_bulk, allowance, taken = admission.drawn[-1]
    name, unit = (BULK, UNIT) if is_bulk else (SINGLE, "")
    return {
        "RateLimit-Policy": f'"{name}";q={allowance.burst};w={_window(allowance)}{unit}',
        "RateLimit": f'"{name}";r={taken.left};t={math.ceil(taken.more_in)}{unit}',
    }


def _window(allowance: Allowance) -> int:
    """Return in how many seconds a whole burst is earned; at least one, since the draft knows no parts of it."""
    return max(1, math.ceil(allowance.burst / allowance.rate))
