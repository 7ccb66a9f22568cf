"""Checks of the database's sessions: how many there may be, who stands still in one, and what stands between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings

from jobs.database import alias
from jobs.doctor.finding import Finding, bad, note, ok, warn
from jobs.doctor.patient import Patient
from jobs.scheduler.locksession import BehindPooler, open_session

SHORTEST_STATEMENT = 30.0  # seconds that a list query over a backlog may need
NEARLY_ALL = 0.8  # of the sessions that there may be
# Sessions of a worker beside those of its slots, of a beat and of web.
BESIDE_SLOTS, OF_A_BEAT, OF_WEB = 6, 4, 12
STANDS_STILL_FOR = timedelta(minutes=5)
RUNS_FOR = timedelta(hours=1)

USED = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE coalesce(backend_type, 'client backend') = 'client backend'),
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int,
    (SELECT datconnlimit FROM pg_database WHERE datname = current_database()),
    (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user)
"""
# Whoever stands still in a transaction keeps its locks, and keeps vacuum from removing what has died since.
STANDING = """
SELECT pid, coalesce(usename::text, ''), coalesce(nullif(application_name, ''), 'no name'),
    now() - state_change, now() - xact_start, state LIKE 'idle in transaction%%'
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    AND (state LIKE 'idle in transaction%%' AND now() - state_change > %s OR now() - xact_start > %s)
ORDER BY xact_start LIMIT 5
"""
UNSEEN = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database()
    AND NOT pg_has_role(usesysid, 'USAGE') AND NOT pg_has_role('pg_read_all_stats', 'USAGE')
"""
PREPARED = """
SELECT gid, now() - prepared FROM pg_prepared_xacts WHERE database = current_database() AND now() - prepared > %s
ORDER BY prepared LIMIT 5
"""


def timeouts(patient: Patient) -> Iterator[Finding]:
    """Yield whether DATABASE_URL has sessions or statements ended while they are needed. What the server, the database
    or the role say does not count: each session sets its own."""
    chosen = settings.DATABASES[alias()].get("SESSION", {})
    found = {name: _seconds(patient, value) for name, value in chosen.items() if name.endswith("timeout")}
    short = found.get("statement_timeout", 0) or found.get("transaction_timeout", 0)
    if 0 < short < SHORTEST_STATEMENT:
        yield warn(
            "DATABASE_URL has statements ended that a backlog needs: the list query is one.",
            f"Take statement_timeout and transaction_timeout out of its options, or make them over "
            f"{SHORTEST_STATEMENT:g}s. JOBS_STATEMENT_TIMEOUT bounds web's.",
            f"{short:g} s",
        )
    if found.get("idle_session_timeout", 0):
        yield warn(
            "DATABASE_URL has idle sessions ended: the next job of a slot waits until there is another.",
            "Take idle_session_timeout out of its options.",
            f"{found['idle_session_timeout']:g} s",
        )
    if not (0 < short < SHORTEST_STATEMENT or found.get("idle_session_timeout")):
        yield ok("No timeout ends what RunAt needs.", f"{len(found)} chosen")


def _seconds(patient: Patient, value: str) -> float:
    """Return a timeout as PostgreSQL reads it: a number alone is in milliseconds."""
    text = value.strip()
    if text.replace(".", "", 1).isdigit():
        return float(text) / 1000
    return float(patient.value("SELECT extract(epoch FROM %s::interval)::float8", text))


def connections(patient: Patient) -> Iterator[Finding]:
    """Yield whether there is room for the sessions of all slots, beats and web."""
    used, most, of_database, of_role = patient.rows(USED)[0]
    room = min(limit for limit in (most, of_database, of_role) if limit >= 0)
    slots = sum(one.slots for one in patient.alive)
    needed = slots + BESIDE_SLOTS * len(patient.alive) + OF_A_BEAT + OF_WEB
    figure = f"{used} of {room} used, about {needed} needed"
    remedy = (
        "Give PostgreSQL more max_connections (and the role and the database, where they have a limit), or fewer slots."
    )
    if used >= room * NEARLY_ALL:
        yield bad("Nearly all sessions that the database allows are used: who comes next is refused.", remedy, figure)
    elif needed > room:
        yield warn("The database allows fewer sessions than workers, beat and web may need.", remedy, figure)
    else:
        yield ok("The database has room for all sessions.", figure)


def standing(patient: Patient) -> Iterator[Finding]:
    """Yield sessions and prepared transactions that keep locks, and vacuum from its work, for long."""
    remedy = "End it: SELECT pg_terminate_backend({pid}). Let its program commit earlier."
    found = False
    for pid, user, program, still, age, idle in patient.rows(STANDING, STANDS_STILL_FOR, RUNS_FOR):
        found = True
        doing = "stands still in a transaction" if idle else "has a transaction open"
        what = f"Session {pid} of {user} ({program}) {doing}: its locks stay, and no dead row goes."
        yield warn(what, remedy.format(pid=pid), f"for {_for(still if idle else age)}")
    for gid, age in patient.rows(PREPARED, STANDS_STILL_FOR):
        found = True
        what = f"The prepared transaction {gid!r} is open: its locks stay, and no dead row goes."
        yield bad(what, f"COMMIT PREPARED or ROLLBACK PREPARED '{gid}', as whoever made it says.", f"for {_for(age)}")
    if unseen := patient.value(UNSEEN):
        yield note(
            "Whether sessions of other roles stand still in a transaction cannot be seen.",
            "GRANT pg_monitor TO the role of DATABASE_URL.",
            f"{unseen} sessions",
        )
    elif not found:
        yield ok("Nobody stands still in a transaction.")


def _for(age: timedelta) -> str:
    return f"{age.total_seconds():,.0f} s"


def pooler(patient: Patient) -> Iterator[Finding]:
    """Yield whether a session is ours for as long as we want it, as the leader's lock needs."""
    try:
        open_session().close()
    except BehindPooler as error:
        yield bad(str(error), "Name PostgreSQL itself in DATABASE_URL, or a pool with pool_mode = session.")
    else:
        yield ok("A session belongs to whoever has opened it: no transaction pooler is between.")


def standbys(patient: Patient) -> Iterator[Finding]:
    """Yield whether commits wait for standbys that are not there."""
    names = patient.value("SELECT current_setting('synchronous_standby_names')")
    there = patient.value("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
    if names and not there:
        yield bad(
            "Commits wait for a standby, and none is there: each stands still.",
            "Start it, or empty synchronous_standby_names: that gives up 'at most one start' across a failover.",
            names,
        )
    elif there and not names:
        yield note(
            "Standbys may lack the last commits: after a failover to one, starts may be missing.",
            "Set synchronous_standby_names where 'at most one start' shall hold across a failover.",
            f"{there} standbys",
        )
    else:
        yield ok("No commit waits for a standby that is away.", f"{there} standbys")
