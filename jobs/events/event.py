"""Defines events: a name, typed fields, and how the log says it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Event:
    """Something that has happened. What happens is its subclass; the fields say to whom and why.

    `text` is what the log says at `level`, with fields as `%(name)s`. `logger` says it: the room's, after which the
    module is called, unless the subclass has its own. With `traceback` the field `error` is logged with its traceback.
    """

    level: ClassVar[int]
    text: ClassVar[str]
    logger: ClassVar[str]
    traceback: ClassVar[bool] = False
    unsaid: ClassVar[frozenset[str]] = frozenset()  # fields that no log writes

    def __init_subclass__(cls) -> None:
        if "logger" not in vars(cls):
            cls.logger = f"jobs.{cls.__module__.rpartition('events.')[2]}"

    def words(self) -> Mapping[str, object]:
        """Return the values of `text`: asked for only where the line is written."""
        return vars(self)

    @property
    def below(self) -> str:
        """The lines that the log writes below its own; empty: none."""
        return ""


@dataclass(frozen=True)
class SubscriberRaised(Event):
    """A subscriber raised. It is told once for each; the subscriber is called again with the next event."""

    logger = "jobs.events"
    level = logging.ERROR
    text = "%(subscriber)s raised for %(event)s (%(error)r); whatever it raises from now on is not logged"
    traceback = True
    subscriber: str
    event: str
    error: Exception
