"""`manage.py grant_insert ROLE`: lets a role of the database put jobs into the table, and do nothing else."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from psycopg import sql

from jobs.database import connection, transaction
from jobs.models import Job

COLUMNS = ("name", "target", "payload", "queue", "run_at", "traceparent")
SCHEMA = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass(%s)"
IS_ROLE = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)"


class Command(BaseCommand):
    help = "Print the SQL by which a role may insert jobs, and may do nothing else; --apply executes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="a role of the database, which exists")
        parser.add_argument("--apply", action="store_true", help="execute it, as the owner of the tables")

    def handle(self, *args: Any, role: str, apply: bool, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(IS_ROLE, [role])
            if not cursor.fetchone()[0]:
                raise CommandError(f"There is no role '{role}' in the database; CREATE ROLE makes it.")
            cursor.execute(SCHEMA, [Job._meta.db_table])
            statements = _statements(role, schema=cursor.fetchone()[0])
            for statement in statements:
                self.stdout.write(f"{statement.as_string(cursor.connection)};")
                if apply:
                    cursor.execute(statement)
        if apply:
            self.stdout.write(f"Done: {role} may insert jobs.")


def _statements(role: str, *, schema: str) -> list[sql.Composed]:
    names = {"schema": sql.SQL(schema), "table": sql.Identifier(Job._meta.db_table), "role": sql.Identifier(role)}
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    return [
        sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {role}").format(**names),
        sql.SQL("GRANT INSERT ({columns}) ON {schema}.{table} TO {role}").format(columns=columns, **names),
    ]
