"""Faults of the database: restarted, and all our sessions cut."""

from __future__ import annotations

import random
from collections.abc import Iterator

from django.db import connection

from jobs.drill.faults.fault import Fault, Setting, Stage, Stroke

AWAY_S = 5.0  # what a restart may take, recovery included

CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""


class DatabaseRestart(Fault):
    """In turn as an administrator does it and as in a crash."""

    name = "database-restart"
    what = "restart PostgreSQL, in turn fast and immediate (a crash that is recovered from)"
    needs_own_database = True

    def strokes(self, chance: random.Random, setting: Setting) -> Iterator[Stroke]:
        for share, how in ((0.3, "fast"), (0.65, "immediate")):
            for at in setting.each(share):
                yield Stroke(at, self.name, detail=how)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Stroke:
        return Stroke(at, self.name, detail=chance.choice(["fast", "immediate"]))

    def begin(self, stage: Stage, stroke: Stroke) -> bool:
        if stage.services.database is None:
            raise RuntimeError("this database is not ours to restart")
        stage.note(stroke, stroke.detail)
        stage.services.database.restart(immediate=stroke.detail == "immediate")
        return True

    def budget(self, stroke: Stroke) -> float:
        return AWAY_S


class ConnectionsCut(Fault):
    """Whatever was going on has an unknown outcome."""

    name = "connections-cut"
    what = "pg_terminate_backend for every session of ours: four times, twice of them in a burst"

    def strokes(self, chance: random.Random, setting: Setting) -> Iterator[Stroke]:
        for share in (0.12, 0.85):
            for at in setting.each(share):
                yield self.one(at, chance, setting)
        for n in (1, 2):  # just when the rows of a burst are acquired, and when its ends are recorded
            yield self.one(13.0 * n + (-0.19 if n == 1 else 0.1), chance, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Stroke:
        return Stroke(at, self.name)

    def begin(self, stage: Stage, stroke: Stroke) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(CUT)
        stage.note(stroke, "cut")
        return True
