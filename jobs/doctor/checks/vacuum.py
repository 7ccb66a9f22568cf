"""Checks of what is to be cleaned: dead rows, old transaction numbers, WAL that is kept; and of room on the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from jobs.database import alias
from jobs.doctor.checks.clocks import HERE
from jobs.doctor.finding import Finding, bad, note, ok, warn
from jobs.doctor.patient import Patient

GB = 1024**3
MOST_DEAD = 100_000  # rows of a table, from which on their share counts
DEAD_SHARE = 0.5  # of the living
KEPT_WAL = 1 * GB
OLD_AGE, OLDEST_AGE = 500_000_000, 1_200_000_000  # transactions; at two thousand million the database stops
LITTLE_ROOM, NO_ROOM = 0.1, 0.03  # of a disk
BUSY = ("jobs_job", "jobs_attempt", "jobs_turn")  # whose rows die with each job: vacuumed at a twentieth, not a fifth
SCALE = 0.05

SETTINGS = "SELECT current_setting('autovacuum'), current_setting('track_counts')"
TABLES = """
SELECT relname, coalesce((SELECT option_value FROM pg_options_to_table(reloptions)
        WHERE option_name = 'autovacuum_enabled'), 'true')::boolean,
    (SELECT option_value::float8 FROM pg_options_to_table(reloptions)
        WHERE option_name = 'autovacuum_vacuum_scale_factor')
FROM pg_class
WHERE relkind = 'r' AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'jobs_job'::regclass)
    AND starts_with(relname, 'jobs_')
ORDER BY relname
"""
DEAD = """
SELECT relname, n_dead_tup, n_live_tup, greatest(last_vacuum, last_autovacuum)
FROM pg_stat_user_tables
WHERE schemaname = (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'jobs_job'::regclass)
    AND n_dead_tup > %s AND n_dead_tup > n_live_tup * %s
ORDER BY n_dead_tup DESC LIMIT 5
"""
SLOTS = """
SELECT slot_name, active, coalesce(wal_status, ''),
    CASE WHEN restart_lsn IS NULL THEN 0
        ELSE (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END
            - restart_lsn)::bigint END
FROM pg_replication_slots ORDER BY 4 DESC LIMIT 10
"""
AGES = """
SELECT age(datfrozenxid), mxid_age(datminmxid) FROM pg_database WHERE datname = current_database()
"""


def autovacuum(patient: Patient) -> Iterator[Finding]:
    """Yield whether dead rows are removed by themselves, and as often as the busy tables need."""
    on, counted = patient.rows(SETTINGS)[0]
    tables = patient.rows(TABLES)
    off = [name for name, enabled, _ in tables if not enabled]
    lazy = [name for name, _, scale in tables if name in BUSY and (scale is None or scale > SCALE)]
    if on == "off" or counted == "off":
        yield bad(
            "Autovacuum is off: dead rows stay, and each list query takes longer than the one before.",
            "ALTER SYSTEM SET autovacuum = on, and track_counts = on, then SELECT pg_reload_conf().",
            f"autovacuum = {on}, track_counts = {counted}",
        )
    for name in off:
        yield bad(
            f"Autovacuum is off for {name}: its dead rows stay.", f"ALTER TABLE {name} RESET (autovacuum_enabled)."
        )
    for name in lazy:
        yield warn(
            f"{name} is vacuumed later than RunAt has set it.",
            f"ALTER TABLE {name} SET (autovacuum_vacuum_scale_factor = {SCALE}).",
        )
    if not (off or lazy) and on == counted == "on":
        yield ok("Autovacuum is on for all tables.", f"{len(tables)} tables")


def dead_rows(patient: Patient) -> Iterator[Finding]:
    """Yield tables that are mostly dead rows: what is read in them takes long."""
    found = patient.rows(DEAD, MOST_DEAD, DEAD_SHARE)
    for name, dead, living, at in found:
        since = f"vacuumed {at:%Y-%m-%d %H:%M} UTC" if at else "never vacuumed"
        yield warn(
            f"{name} has many dead rows: {since}.",
            f"See what is said of transactions and autovacuum, then VACUUM (ANALYZE) {name}.",
            f"{dead:,} dead, {living:,} living",
        )
    if not found:
        yield ok("No table is full of dead rows.")


def slots(patient: Patient) -> Iterator[Finding]:
    """Yield replication slots that keep WAL until the disk is full."""
    found = patient.rows(SLOTS)
    wrong = False
    for name, active, status, kept in found:
        remedy = f"Start its consumer, or SELECT pg_drop_replication_slot('{name}') if it has none any more."
        figure = f"{kept / GB:,.2f} GB"
        if status == "lost":
            wrong = True
            yield warn(f"The replication slot {name} has lost its WAL: its consumer cannot go on.", remedy, figure)
        elif not active:
            wrong = True
            kind = bad if kept > KEPT_WAL else warn
            yield kind(f"The replication slot {name} keeps WAL, and nobody reads it: the disk fills.", remedy, figure)
        elif kept > KEPT_WAL:
            wrong = True
            yield warn(f"The replication slot {name} is far behind, and keeps WAL.", "Look at its consumer.", figure)
    if not wrong:
        yield ok("No replication slot keeps WAL for nobody.", f"{len(found)} slots")


def wraparound(patient: Patient) -> Iterator[Finding]:
    """Yield how near the database is to where it takes no writes, for want of transaction numbers."""
    oldest = max(patient.rows(AGES)[0])
    figure = f"{oldest:,} of about 2,000,000,000"
    remedy = "See what is said of transactions and autovacuum, then VACUUM (FREEZE) as the database's owner."
    if oldest > OLDEST_AGE:
        yield bad("The database is about to run out of transaction numbers, and takes no writes then.", remedy, figure)
    elif oldest > OLD_AGE:
        yield warn("Vacuum does not keep up with transaction numbers.", remedy, figure)
    else:
        yield ok("There are transaction numbers enough.", figure)


def disk(patient: Patient) -> Iterator[Finding]:
    """Yield how much room the database's disk has, where that is a disk of this machine."""
    size = patient.value("SELECT pg_database_size(current_database())")
    figure = f"the database has {size / GB:,.2f} GB"
    folder = _folder(patient)
    if folder is None:
        yield note("How much room the database's disk has cannot be seen from here.", "Look at it there.", figure)
        return
    usage = shutil.disk_usage(folder)
    share = usage.free / usage.total
    figure = f"{usage.free / GB:,.1f} GB ({share:.0%}) free, {figure}"
    remedy = "Make room: python manage.py retention shows what can go; see what is said of replication slots."
    if share < NO_ROOM:
        yield bad("The database's disk is full, or nearly: it takes no writes then.", remedy, figure)
    elif share < LITTLE_ROOM:
        yield warn("The database's disk has little room.", remedy, figure)
    else:
        yield ok("The database's disk has room.", figure)


def _folder(patient: Patient) -> Path | None:
    """Return the folder of the database's files; None where it is on another machine, or this role may not know."""
    if settings.DATABASES[alias()]["HOST"] not in HERE:
        return None
    found = patient.value(
        "SELECT setting FROM pg_settings WHERE name = 'data_directory' AND pg_has_role('pg_read_all_settings', 'USAGE')"
    )
    # A server in a container says a folder of its own, which may be there for another one of ours.
    folder = Path(found) if found else None
    return folder if folder and (folder / "PG_VERSION").exists() else None
