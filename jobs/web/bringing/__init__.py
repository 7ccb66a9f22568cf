"""Bringing schedules: files of other schedulers become a preview first, and schedules when somebody wants them."""

from jobs.web.bringing.bring import NotBrought, bring, brought
from jobs.web.bringing.preview import Line, preview, preview_of
from jobs.web.bringing.sources import SOURCES, Source, TooMuch
from jobs.web.bringing.table import BadTable, Table

__all__ = [
    "SOURCES",
    "BadTable",
    "Line",
    "NotBrought",
    "Source",
    "Table",
    "TooMuch",
    "bring",
    "brought",
    "preview",
    "preview_of",
]
