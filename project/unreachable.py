"""Message, with its remedy, for a database that cannot be reached."""

from __future__ import annotations

import sys
import threading

import psycopg
from django.conf import settings
from django.db import OperationalError


def sentence(error: OperationalError) -> str | None:
    """Return what is wrong and what to do; None for any other error, where the connection was there."""
    cause = error.__cause__
    if not isinstance(cause, psycopg.OperationalError) or cause.sqlstate is not None:
        return None
    text = " ".join(str(cause).split())
    if not text.startswith(
        ("connection failed", "failed to resolve", "connection timeout", "[Errno", "connection is bad")
    ):
        return None
    where = settings.DATABASES["default"]
    return (
        f"RunAt cannot reach its database '{where['NAME']}' at {where['HOST'] or 'the local socket'}: {text}\n"
        "See that PostgreSQL runs there and takes this user, and that DATABASE_URL is right; or unset DATABASE_URL "
        "and type 'make run' to start one."
    )


def guard_threads() -> None:
    """Say the same of a thread that ends by it, as that of a runserver that reloads."""
    shown = threading.excepthook

    def show(args: threading.ExceptHookArgs) -> None:
        said = sentence(args.exc_value) if isinstance(args.exc_value, OperationalError) else None
        if said is None:
            shown(args)
        else:
            sys.stderr.write(f"{said}\n")

    threading.excepthook = show
