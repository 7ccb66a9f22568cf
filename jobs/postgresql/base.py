"""The connection of a thread. Django's own, and: a session is pinned and writable when it opens, and one that has seen
an error is replaced at its next use, whoever caught the error and whichever class it had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL
from django.db.utils import DatabaseError, DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg import errors

from jobs.postgresql import session
from jobs.postgresql.session import ReadOnly

# Errors of one statement or transaction, which say nothing of the session: the values, a rule of the tables, somebody
# else's lock, a statement that took too long.
OF_THE_STATEMENT = (
    errors.DataError,
    errors.IntegrityError,
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.QueryCanceled,
)


def is_of_the_session(error: BaseException | None) -> bool:
    """Return whether this error of psycopg's may mean that the session is no good one."""
    return isinstance(error, errors.Error) and not isinstance(error, OF_THE_STATEMENT)


class Errors(DatabaseErrorWrapper):
    """Sees each error of a connection on its way to whoever catches it."""

    wrapper: DatabaseWrapper

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if kind is None:  # nearly always: this is passed by each statement
            return
        if is_of_the_session(error):
            self.wrapper.suspect = True
        if issubclass(kind, errors.ReadOnlySqlTransaction):
            raise ReadOnly from error
        super().__exit__(kind, error, traceback)


class DatabaseWrapper(PostgreSQL):
    """`suspect`: an error has shown that the session may be broken, read-only or somebody else's."""

    suspect = False
    health_check_done: bool

    @cached_property
    def wrap_database_errors(self) -> Errors:
        return Errors(self)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises ReadOnly when each of several hosts answers, or refuses, and none can be written to."""
        try:
            return super().get_new_connection(conn_params)
        except errors.OperationalError as error:
            if any(refusal in str(error) for refusal in session.LIBPQ_REFUSALS):
                raise ReadOnly(f"{session.READ_ONLY} ({error})") from error
            raise

    def _configure_connection(self, connection: Any) -> bool:
        """Set the session: a new one, and one whose settings were discarded. Raises ReadOnly, OperationalError."""
        session.begin(connection, time_zone=self.timezone_name, chosen=self.settings_dict.get("SESSION", {}))
        super()._configure_connection(connection)  # type: ignore[misc]  # django-stubs 6.1 does not know it
        return True

    def connect(self) -> None:
        self.suspect = False
        try:
            super().connect()
        except BaseException:
            # Half made: whoever asks next must not take it for a good one.
            connection, self.connection = self.connection, None
            if connection is not None:
                connection.close()
            raise

    def ensure_connection(self) -> None:
        if self.suspect and self.autocommit and not self.in_atomic_block:  # else its transaction is lost, and says so
            self.close()
        super().ensure_connection()

    def close_if_unusable_or_obsolete(self) -> None:
        if self.suspect and not self.in_atomic_block:
            self.close()
        super().close_if_unusable_or_obsolete()

    def read_first(self, statement: str, parameters: Mapping[str, Any]) -> list[Any]:
        """Return the rows of a reading statement whose last column is session.WRITABLE. It may be a request's first:
        then it is tried by it whether the session answers and can write, which saves a round trip, and it is asked
        again through another session where that is not so."""
        if self.health_check_done or self.in_atomic_block or self.connection is None:
            return self._rows(statement, parameters)
        self.health_check_done = True
        try:
            rows = self._rows(statement, parameters)
        except DatabaseError as error:
            if not is_of_the_session(error.__cause__):
                raise
            return self._rows(statement, parameters)
        if not rows:
            self.health_check_done = False  # no row says whether it can write
        elif not rows[0][-1]:
            self.close()
            return self._rows(statement, parameters)
        return rows

    def _rows(self, statement: str, parameters: Mapping[str, Any]) -> list[Any]:
        with self.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())

    def is_usable(self) -> bool:
        """Return whether the session answers and can write. Django asks before the first statement of a request, the
        worker before that of a body.
        """
        if self.connection is None:
            return False
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(f"SELECT {session.WRITABLE}")
                return bool(cursor.fetchone()[0])
        except self.Database.Error:
            return False
