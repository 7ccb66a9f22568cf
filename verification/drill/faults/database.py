"""Faults of the database: restarted, away, hanging, read-only, slow, and all our sessions cut."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from django.db import connection

from verification.drill.faults.fault import Fault, Injection, Lasting, Setting, Stage
from verification.drill.services.database import Database

AWAY_S = 5.0  # what a restart may take, recovery included
LONGEST_DOWN_S = 30.0
LONGEST_HOLE_S = 10.0
LONGEST_READ_ONLY_S = 8.0
LONGEST_SLOW_S = 10.0

CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""


class OwnDatabase(Fault):
    """Fault of the whole database server, one at a time."""

    needs_own_database = True
    takes_away = True

    def begin(self, stage: Stage, injection: Injection) -> bool:
        database = stage.services.database
        if database is None:
            raise RuntimeError("this database is not ours to stop")
        if not database.open:
            return False
        self.do(database, injection)
        if injection.lasts:
            stage.later[injection] = database.up
        stage.note(injection, injection.detail)
        return True

    def do(self, database: Database, injection: Injection) -> None:
        raise NotImplementedError

    def budget(self, injection: Injection) -> float:
        return injection.lasts + AWAY_S


class DatabaseRestart(OwnDatabase):
    """Restart of PostgreSQL, in turn as an administrator does it and as in a crash."""

    name = "database-restart"
    what = "restart PostgreSQL, in turn fast and immediate (a crash that is recovered from)"

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        for share, how in ((0.06, "fast"), (0.46, "immediate")):
            for at in setting.each(share):
                yield Injection(at, self.name, detail=how)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        return Injection(at, self.name, detail=chance.choice(["fast", "immediate"]))

    def do(self, database: Database, injection: Injection) -> None:
        database.restart(immediate=injection.detail == "immediate")


class DatabaseDown(Lasting, OwnDatabase):
    """Database away: nothing is accepted, started or recorded; what was accepted starts when it is back."""

    name = "database-down"
    what = "no PostgreSQL for 30 s (three tenths of a shorter round)"
    begins, share, longest, detail = 0.56, 0.3, LONGEST_DOWN_S, "down"

    def do(self, database: Database, injection: Injection) -> None:
        database.down()


class DatabaseHole(Lasting, OwnDatabase):
    """Silent database: every question of a beat or a worker waits for its answer, transactions stand open."""

    name = "database-hole"
    what = "a black hole before PostgreSQL for 10 s (a fifth of a shorter round); the drill itself goes past it"
    begins, share, longest, detail = 0.2, 0.2, LONGEST_HOLE_S, "hole"

    def do(self, database: Database, injection: Injection) -> None:
        database.swallow()


class DatabaseReadOnly(Lasting, OwnDatabase):
    """Database that answers and takes nothing, as with a full disk, or a session that has ended at a standby."""

    name = "database-read-only"
    what = "default_transaction_read_only for 8 s (less in a shorter round)"
    begins, share, longest, detail = 0.47, 0.08, LONGEST_READ_ONLY_S, "read-only"

    def begin(self, stage: Stage, injection: Injection) -> bool:
        begun = super().begin(stage, injection)
        if begun and stage.services.database is not None:
            stage.later[injection] = partial(stage.services.database.read_only, yes=False)
        return begun

    def do(self, database: Database, injection: Injection) -> None:
        database.read_only(yes=True)


class DatabaseSlow(Lasting, OwnDatabase):
    """A full disk queue, or a database far away. A job's start takes some answers, so it is some tenths of a second
    late: within MaxDelayTime, and nothing is allowed beyond it."""

    name = "database-slow"
    what = "every answer of PostgreSQL 0.05 to 0.2 s late, for 10 s (an eighth of a shorter round)"
    begins, share, longest, detail = 0.87, 0.12, LONGEST_SLOW_S, "slow"

    def do(self, database: Database, injection: Injection) -> None:
        database.slow()

    def budget(self, injection: Injection) -> float:
        return 0.0


class ConnectionsCut(Fault):
    """Cut of all sessions of ours: whatever was going on has an unknown outcome."""

    name = "connections-cut"
    what = "pg_terminate_backend for every session of ours: four times, twice of them in a burst"

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        for share in (0.14, 0.92):
            for at in setting.each(share):
                yield self.one(at, chance, setting)
        for n in (1, 2):  # just when the rows of a burst are acquired, and when its ends are recorded
            yield self.one(13.0 * n + (-0.19 if n == 1 else 0.1), chance, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        return Injection(at, self.name)

    def begin(self, stage: Stage, injection: Injection) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(CUT)
        stage.note(injection, "cut")
        return True
