"""Checks of the tables: indexes and rules that are not in force, and what a new machine sorts otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.doctor.finding import Finding, bad, ok, warn
from jobs.doctor.patient import Patient

WITH_COLLATIONS_OF_DATABASES = 150000  # version of PostgreSQL that notes with which version a database was made
OURS = "(SELECT relnamespace FROM pg_class WHERE oid = 'jobs_job'::regclass)"

INDEXES = f"""
SELECT of_index.relname, of_table.relname, indisunique, count(*) OVER ()
FROM pg_index
JOIN pg_class AS of_index ON of_index.oid = indexrelid
JOIN pg_class AS of_table ON of_table.oid = indrelid
WHERE of_table.relnamespace = {OURS} AND NOT (indisvalid AND indisready) AND of_table.relkind IN ('r', 'p')
ORDER BY of_index.relname LIMIT 5
"""  # noqa: S608 - of our own words only
RULES = f"""
SELECT conname, conrelid::regclass::text FROM pg_constraint
WHERE connamespace = {OURS} AND NOT convalidated ORDER BY conname LIMIT 5
"""  # noqa: S608
TRIGGERS = f"""
SELECT tgname, tgrelid::regclass::text, proname FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE relnamespace = {OURS} AND tgenabled IN ('D', 'R')
ORDER BY tgname LIMIT 5
"""  # noqa: S608
OF_THE_DATABASE = """
SELECT datcollversion, pg_database_collation_actual_version(oid) FROM pg_database WHERE datname = current_database()
"""
OF_COLUMNS = """
SELECT DISTINCT collname, collversion, pg_collation_actual_version(pg_collation.oid)
FROM pg_collation JOIN pg_attribute ON attcollation = pg_collation.oid
WHERE collversion IS NOT NULL AND collversion <> pg_collation_actual_version(pg_collation.oid)
ORDER BY collname LIMIT 5
"""


def indexes(patient: Patient) -> Iterator[Finding]:
    """Yield indexes that were not built to their end: they cost writes, and answer nothing."""
    found = patient.rows(INDEXES)
    for name, table, unique, _ in found:
        kind = bad if unique else warn
        yield kind(
            f"The index {name} of {table} is invalid: it is written to, and nothing finds by it"
            + (", nor does it keep anything unique." if unique else "."),
            f"REINDEX INDEX CONCURRENTLY {name}, or DROP INDEX CONCURRENTLY {name} if no migration has made it.",
        )
    if not found:
        yield ok("All indexes are valid.")


def rules(patient: Patient) -> Iterator[Finding]:
    """Yield rules of the tables that old rows were not held against, and triggers that are switched off."""
    unchecked, off = patient.rows(RULES), patient.rows(TRIGGERS)
    for name, table in unchecked:
        yield warn(
            f"The rule {name} of {table} was never checked against the rows that are there.",
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}.",
        )
    for name, table, _ in off:
        yield warn(
            f"The trigger {name} of {table} is switched off: what it keeps or notes is not kept or noted.",
            f"ALTER TABLE {table} ENABLE TRIGGER {name}.",
        )
    if not (unchecked or off):
        yield ok("All rules of the tables are in force.")


def collations(patient: Patient) -> Iterator[Finding]:
    """Yield collations that sort otherwise than when their indexes were made."""
    remedy = "REINDEX DATABASE CONCURRENTLY, then ALTER DATABASE ... REFRESH COLLATION VERSION."
    made = now = None
    if patient.version >= WITH_COLLATIONS_OF_DATABASES:
        made, now = patient.rows(OF_THE_DATABASE)[0]
    columns = patient.rows(OF_COLUMNS)
    differs = made is not None and now is not None and made != now
    if differs:
        yield bad(
            "The database was made with another version of its collation: its indexes of texts may find nothing, and "
            "unique ones may let the same in twice.",
            remedy,
            f"{made}, now {now}",
        )
    for name, then, today in columns:
        yield bad(
            f"Columns are sorted by another version of the collation {name} than their indexes.",
            f"REINDEX what uses it, then ALTER COLLATION {name} REFRESH VERSION.",
            f"{then}, now {today}",
        )
    if not (differs or columns):
        yield ok("Texts are sorted as when the indexes were made.", made or "no version")
