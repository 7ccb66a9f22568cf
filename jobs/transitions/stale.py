"""Refusals to change what is another by now than whoever asks has seen."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

Version = TypeVar("Version", int, str)


class Stale(Exception):
    """Refusal of a change of another version than whoever asks has seen."""


def refuse_stale(version: Version, seen: Collection[Version] | None) -> None:
    """Raise Stale unless this is one of the versions that were seen, or nobody says which he has seen (None). With the
    row locked: else it could become another between this and the change."""
    if seen is not None and version not in seen:
        raise Stale
