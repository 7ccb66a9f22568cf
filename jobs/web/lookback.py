"""Stretches of time, up to now, that pages and REST look back over, by the names that addresses use."""

from __future__ import annotations

from datetime import timedelta

SPANS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
USUAL = "24h"  # where nobody says which
