"""Loads what shows pages only where pages are shown: a worker or a beat that has the admin and the REST API in its
memory has 20 MB that it never uses."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig

CELERYS = {"celery", "__main__.py"}  # the program's name, as a script and by `python -m celery`


def are_shown() -> bool:
    """Return whether this process may show pages: it is neither a worker nor a beat."""
    return Path(sys.argv[0]).name not in CELERYS or not {"worker", "beat"} & set(sys.argv[1:])


def do_without() -> None:
    """Have Celery not run Django's checks in a worker or a beat: it ignores what they find, and they load all pages."""
    if not are_shown():
        os.environ.setdefault("CELERY_SKIP_CHECKS", "true")


class AdminConfig(SimpleAdminConfig):
    """The admin. Its pages are looked for where pages are shown."""

    def ready(self) -> None:
        super().ready()
        if are_shown():
            autodiscover()
