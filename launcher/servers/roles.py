"""Roles of the embedded PostgreSQL: RunAt's own owns its database, and is no superuser of the server."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg import Connection, sql

SUPERUSER = "postgres"
FORMER = "runat_former"  # exists for a moment only: a role cannot rename itself

# What one role owns in the current database, but for what belongs to extensions and what follows its table.
OWNED = """
SELECT format('ALTER %%s %%s OWNER TO', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
    WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass)
FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND relowner = %(owner)s::regrole
    AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
        AND (deptype = 'e' OR relkind = 'S' AND deptype IN ('a', 'i')))
UNION ALL
SELECT format('ALTER ROUTINE %%s OWNER TO', oid::regprocedure)
FROM pg_proc WHERE proowner = %(owner)s::regrole AND pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
"""

Connect = Callable[[str, str], Connection]


def ensure_role(connect: Connect, name: str, password: str, superuser_password: str) -> None:
    """Make the role, or take the rights of superuser from it where a release of before gave them.

    `connect` opens a session, by the names of a role and its password.
    """
    try:
        connection = connect(SUPERUSER, superuser_password)
    except psycopg.OperationalError:  # there is no such role yet
        _hand_over(connect, name, password, superuser_password)
        return
    with connection, connection.transaction():
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
            connection.execute(_create(name, password))


def own_all(connection: Connection, name: str) -> None:
    """Give the role what the superuser owns in this database. Finds nothing but after a hand-over."""
    for (statement,) in connection.execute(OWNED, {"owner": SUPERUSER}).fetchall():
        connection.execute(sql.SQL(statement + " {}").format(sql.Identifier(name)))


def _hand_over(connect: Connect, name: str, password: str, superuser_password: str) -> None:
    """The role is the cluster's first, whose rights cannot be taken away: it gets another name, and a new one gets its
    own."""
    with connect(name, password) as first:
        first.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(FORMER)))
        first.execute(_create(FORMER, password, "SUPERUSER"))
    with connect(FORMER, password) as former, former.transaction():
        own, superuser = sql.Identifier(name), sql.Identifier(SUPERUSER)
        former.execute(sql.SQL("ALTER ROLE {} RENAME TO {}").format(own, superuser))
        former.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(superuser, sql.Literal(superuser_password)))
        former.execute(_create(name, password))
        former.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(own, own))  # of the same name
    with connect(SUPERUSER, superuser_password) as connection:
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(FORMER)))


def _create(name: str, password: str, rights: str = "") -> sql.Composed:
    return sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(
        sql.Identifier(name), sql.SQL(rights), sql.Literal(password)
    )
