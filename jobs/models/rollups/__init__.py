"""Figures of the past, in stretches of time: 10 s, a minute, an hour. See docs/adr/0058-rollups.md."""

STEPS = (10, 60, 3600)  # seconds of a stretch
OTHER = 0  # the series of what has none of its own; of the figures of queues the one of all together
