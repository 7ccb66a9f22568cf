"""Time zones mean one thing in all processes of ours: what the package `tzdata` says, whatever files a host has."""

from __future__ import annotations

import zoneinfo

import tzdata

RELEASE: str = tzdata.IANA_VERSION  # such as 2026f


def use_the_package() -> None:
    """Have `zoneinfo` read the package alone, in whatever was read already as well. A newer package that stands earlier
    in the search path of Python counts."""
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
