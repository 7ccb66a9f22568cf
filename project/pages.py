"""Loads what shows pages only where pages are shown: a worker or a beat that has the admin and the REST API in its
memory has 20 MB that it never uses. With Celery's shell it has 5 more."""

from __future__ import annotations

import gc
import os
import sys
import typing
from pathlib import Path

from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig

# What `celery amqp` and `celery shell` read lines with. Celery's command line loads it for all of its commands.
SHELL = {"click_repl", "prompt_toolkit", "wcwidth"}
CELERYS = {"celery", "__main__.py"}  # the program's name, as a script and by `python -m celery`


def are_shown() -> bool:
    """Return whether this process may show pages: it is neither a worker nor a beat."""
    return Path(sys.argv[0]).name not in CELERYS or not {"worker", "beat"} & set(sys.argv[1:])


def do_without() -> None:
    """Have Celery not run Django's checks in a worker or a beat: it ignores what they find, and they load all pages.
    Forget its shell, which is loaded already."""
    if not are_shown():
        os.environ.setdefault("CELERY_SKIP_CHECKS", "true")
        _forget_shell()


def _forget_shell() -> None:
    command = sys.modules.get("celery.bin.amqp")
    if command is None:
        return
    vars(command).pop("register_repl", None)
    vars(command)["amqp"].commands.pop("repl", None)
    for name in [name for name in sys.modules if name.partition(".")[0] in SHELL]:
        del sys.modules[name]
    # typing keeps what it was asked for, and by it the modules that asked.
    typing.clear_overloads()
    for forget in getattr(typing, "_cleanups", ()):
        forget()
    gc.collect()  # now: what is loaded from here on takes its place


class AdminConfig(SimpleAdminConfig):
    """The admin. Its pages are looked for where pages are shown."""

    def ready(self) -> None:
        super().ready()
        if are_shown():
            autodiscover()
            from jobs.admin.packages import take_in  # noqa: PLC0415 - only where pages are shown

            take_in()
