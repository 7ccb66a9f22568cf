"""Rooms of the code that samples of stacks are counted by: whoever called, one belongs to the innermost of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

REST = "the rest"
# By the folder or the file of a frame. What only shows figures that are asked for, the overview, is not among them.
LOOKING = {
    "events": r"/jobs/events/|/project/(logs|json_lines)\.py",
    "metrics": r"/jobs/metrics/|/jobs/monitor/(metrics_page|figures|late_figures)\.py|/prometheus_client/",
    "roll-ups": r"/jobs/models/rollups/|/jobs/scheduler/rollups\.py",
}
_ROOMS = {room: re.compile(pattern) for room, pattern in LOOKING.items()}


def counted(lines: Iterable[str]) -> Counter[str]:
    """Return the samples by room. A line is a stack as py-spy writes it raw: frames, outermost first, by `;`, and how
    often it was seen."""
    found: Counter[str] = Counter()
    for line in lines:
        stack, _, times = line.rstrip().rpartition(" ")
        if stack:
            found[_room(stack.split(";"))] += int(times)
    return found


def _room(frames: list[str]) -> str:
    for frame in reversed(frames):
        for room, pattern in _ROOMS.items():
            if pattern.search(frame):
                return room
    return REST
