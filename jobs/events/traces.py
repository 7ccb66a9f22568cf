"""Traces that did not reach their collector. No job waits for them."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class SpansNotSent(Event):
    """A collector did not take spans, which are lost; told once a minute."""

    level = logging.WARNING
    text = "%(spans)d spans could not be sent and are lost: %(why)s"
    spans: int
    why: str


@dataclass(frozen=True)
class SpansDropped(Event):
    """More spans came than a collector took, which are lost; told once a minute."""

    level = logging.WARNING
    text = "%(spans)d spans were dropped, since too many wait for the collector"
    spans: int
