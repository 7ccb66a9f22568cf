"""The whole drill: the processes once, round after round on them, and the report."""

from __future__ import annotations

import os
from dataclasses import replace

from jobs.conf import conf
from launcher.interrupts import Interrupts
from verification.benchmark import machine
from verification.benchmark.processes.cluster import Cluster
from verification.drill.faults import Stage, hits
from verification.drill.load import mix
from verification.drill.load.limited import CONCURRENCY, limited
from verification.drill.options import Options
from verification.drill.report import Report
from verification.drill.round import Round, Tell
from verification.drill.services import Services

SLOTS = 5
REVIVE_S = 1.0  # after which a killed process is started again


class DrillRun:
    """Whole drill, round after round. Its methods belong to the main thread, which the processes are tied to."""

    def __init__(self, options: Options, services: Services, interrupts: Interrupts) -> None:
        self.options, self.services = options, services
        self._interrupts = interrupts
        self.cluster = Cluster(
            instances=options.workers,
            slots=SLOTS,
            beats=options.beats,
            word="drill",
            queue=",".join(services.queues),
            folder=services.folder,
            environment={**os.environ, **services.environment},
        )
        self._stage = Stage(self.cluster, services, "")
        for member in self.cluster.members:
            member.revive_after = REVIVE_S
            member.excused = self._killed_itself

    def carry_out(self, tell: Tell) -> Report:
        """Run all rounds; every process is stopped at the end, however it ends."""
        where = machine.describe()
        outcomes = []
        try:
            with limited(self.services.queue):
                self.cluster.start()
                for n, plan in enumerate(self.options.plans):
                    duration = self.options.duration * plan.length
                    one = Round(plan, self.options.seed + n, duration, self._stage, self._interrupts)
                    outcomes.append(one.carry_out(tell))
                one.wait_ready()  # also after the last: whoever was hit comes back, and is stopped well
                self.cluster.forget_problems()
        finally:
            self._interrupts.raising = False
            self.cluster.stop(hurried=lambda: self._interrupts.count > 1)
        if bad := self.cluster.bad_ends():
            outcomes[-1] = replace(outcomes[-1], verdict=outcomes[-1].verdict.also(bad))
        return Report(outcomes, self._facts(where), self.options.complete)

    def _killed_itself(self, pid: int) -> bool:
        """Return whether the process killed itself at a failpoint, as it was told."""
        return any(hit.pid == pid and hit.act == "kill" for hit in hits(self._stage))

    def _facts(self, where: machine.Machine) -> dict[str, str]:
        c, o = conf(), self.options
        longer = "".join(f", {p.name} {o.duration * p.length:g} s" for p in o.plans if p.length != 1)
        database = "" if self.services.database else " (not ours: it was not restarted)"
        return {
            "Settings": (
                f"MinPrepareTime {c.min_prepare_time:g} s, MaxDelayTime {c.max_delay_time:g} s, look-ahead "
                f"{c.look_ahead:g} s, heartbeat every {c.heartbeat_interval:g} s, gone after {c.heartbeat_patience:g} s"
            ),
            "Rounds": f"{o.duration:g} s of load each{longer}, {o.beats} beats, {o.workers} workers x {SLOTS} slots",
            "Limits": f"{CONCURRENCY} jobs of the queue at a time; keys of {', '.join(map(str, mix.KEYS.values()))}",
            "Broker": f"{where.broker}: {self.services.broker.note}",
            "Database": f"PostgreSQL {where.postgresql}{database}",
            "Machine": f"{where.cores} cores, load average {where.load:.1f} at the start, Python {where.python}",
            "Seed": str(o.seed),
            "Evidence": str(self.services.folder),
        }
