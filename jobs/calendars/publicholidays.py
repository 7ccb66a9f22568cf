"""Public holidays, from the package `holidays`. It is imported when a calendar first needs it: it weighs 16 MB and a
quarter of a second, and most installations have no calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import cast


def holiday_on(place: str, day: date) -> str | None:
    """The name of the public holiday of this place, such as DE or DE-BW, or None."""
    return _of_year(place, day.year).get(day) if place else None


@lru_cache(maxsize=256)
def _of_year(place: str, year: int) -> Mapping[date, str]:
    import holidays  # noqa: PLC0415 - see above

    country, _, part = place.partition("-")
    found = holidays.country_holidays(country, subdiv=part or None, years=year, expand=False, language="en_US")
    return cast("Mapping[date, str]", dict(found))


def place_problems(place: str) -> list[str]:
    if not place:
        return []
    import holidays  # noqa: PLC0415 - see above

    known = holidays.list_supported_countries()
    country, _, part = place.partition("-")
    if country not in known:
        return [
            f"The holidays of {country[:20]!r} are not known; give the code of a country such as DE, with one of its "
            "parts such as DE-BW, or nothing."
        ]
    if part and part not in known[country]:
        parts = ", ".join(known[country]) or "none"
        return [f"{country} has no part {part[:20]!r} with holidays of its own; known are: {parts}."]
    return []
