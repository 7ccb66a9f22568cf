"""Keeps the secrets of links to forms, which are their addresses, out of logs. Imported before there are any models."""

from __future__ import annotations

import logging
import re

IN_ADDRESS = re.compile(r"(?<=/f/)[A-Za-z0-9_-]{16,}")  # also one of which some letters were lost on the way


def without_secrets(text: str) -> str:
    """Return it with stars in the place of secrets of links."""
    return IN_ADDRESS.sub("***", text) if "/f/" in text else text


class LinksHidden(logging.Filter):
    """Filter for handlers: what follows /f/ in a line is stars. All lines pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - its words and values do not fit, of which the handler tells
            return True
        if IN_ADDRESS.search(text):
            record.msg, record.args = without_secrets(text), ()
        return True
