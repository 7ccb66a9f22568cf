"""Lets Django empty the tables after a test that commits: rows of the audit stay otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections
from django.test import TransactionTestCase

SWITCH = "ALTER TABLE jobs_audit {} TRIGGER USER"


def let_tables_be_emptied() -> None:
    """Have each TransactionTestCase of this process empty the audit with the other tables, as Django does."""
    teardown = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def with_audit(case: Any) -> None:
        aliases = [
            alias
            for alias in case._databases_names(include_mirrors=False)
            if "jobs_audit" in connections[alias].introspection.table_names()
        ]
        _switch(aliases, "DISABLE")
        try:
            teardown(case)
        finally:
            _switch(aliases, "ENABLE")

    TransactionTestCase._fixture_teardown = with_audit  # type: ignore[attr-defined]


def _switch(aliases: Sequence[str], what: str) -> None:
    for alias in aliases:
        with connections[alias].cursor() as cursor:
            cursor.execute(SWITCH.format(what))
