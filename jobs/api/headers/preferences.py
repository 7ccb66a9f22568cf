"""The header Prefer (RFC 7240): of what a caller would like, `wait` is known. What is not known, or is no number,
counts as not said, as the standard wants it."""

from __future__ import annotations

import re

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from jobs.api.patience import LONGEST_WAIT

APPLIED = "Preference-Applied"
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
SECONDS = re.compile(r'[0-9]{1,9}|"[0-9]{1,9}"')

PREFER_PARAMETER = OpenApiParameter(
    "Prefer",
    location=OpenApiParameter.HEADER,
    description=f"`wait=10`: answer at its end, or after so many seconds, at most {LONGEST_WAIT:g}. `wait` in the "
    "query string goes before it.",
)
APPLIED_PARAMETER = OpenApiParameter(
    APPLIED,
    location=OpenApiParameter.HEADER,
    response=[200, 202],
    description="The `wait` of `Prefer`, as it was heeded; missing where it was not, as where too many wait already.",
)


def preferred_wait(request: Request) -> float:
    """Return how many seconds the caller would like to wait for the answer; 0 where it does not say."""
    said = QUOTED.sub(_without_commas, str(request.headers.get("Prefer", "")))
    for preference in said.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":  # the first of several counts
            found = SECONDS.fullmatch(value.strip())
            return 0.0 if found is None else min(float(found[0].strip('"')), LONGEST_WAIT)
    return 0.0


def _without_commas(quoted: re.Match[str]) -> str:
    return quoted[0].replace(",", "").replace(";", "")


def applied(seconds: float) -> dict[str, str]:
    """Return the header that says that this wait was heeded."""
    return {APPLIED: f"wait={seconds:g}"}
