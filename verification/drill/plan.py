"""Plan of each round, its faults and their moments: drawn from the seed alone, so that a round can be had again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from verification.drill.faults import FAULTS, Injection, Setting


@dataclass(frozen=True)
class Plan:
    """Kind of a round. `whole`: every job must complete (WORKLOAD's qualification), none may be interrupted;
    `quiet`: nothing may raise; `cost_limit`: times 100 x windows; `length`: in
    durations of a round.
    """

    name: str
    faults: tuple[str, ...]
    whole: bool = False
    quiet: bool = False
    cost_limit: float | None = None
    mixed: bool = False
    length: float = 1.0


PLANS = {
    plan.name: plan
    for plan in (
        Plan("ha", ("worker-term",), whole=True, quiet=True),
        Plan("kill", ("worker-kill", "worker-quit")),
        Plan("leader", ("leader-kill", "leader-stop"), whole=True, cost_limit=1.2),
        Plan(
            "broker",
            (
                "broker-duplicate",
                "broker-reorder",
                "broker-wipe",
                "broker-restart",
                "broker-hole",
                "broker-slow",
                "broker-down",
            ),
            whole=True,
            length=1.75,
        ),
        Plan(
            "database",
            (
                "connections-cut",
                "database-restart",
                "database-hole",
                "database-read-only",
                "database-down",
                "database-slow",
            ),
            whole=True,
            length=2.0,
        ),
        Plan("clocks", ("clock-wrong", "leader-kill"), whole=True),
        Plan("failpoints", ("failpoint-kill",), length=1.25),
        Plan(
            "mixed",
            (
                "worker-stop",
                "worker-kill",
                "leader-stop",
                "connections-cut",
                "broker-wipe",
                "worker-term",
                "leader-kill",
                "database-restart",
                "broker-restart",
            ),
            mixed=True,
        ),
    )
}
MIXED_EVERY_S = 3.0


def injections(plan: Plan, seed: int, setting: Setting) -> list[Injection]:
    """The round's acts in the order of time."""
    faults = [FAULTS[name] for name in plan.faults]
    faults = [fault for fault in faults if setting.own_database or not fault.needs_own_database]
    if plan.mixed:
        chance = random.Random(f"{seed} {plan.name}")
        planned = []
        order = [f for _ in range(int(setting.duration / MIXED_EVERY_S)) for f in chance.sample(faults, len(faults))]
        for n in range(int(setting.duration / MIXED_EVERY_S)):
            at = MIXED_EVERY_S * (n + chance.random())
            planned.append(order[n].one(at, chance, setting))
        return sorted(planned)
    return sorted(s for f in faults for s in f.injections(random.Random(f"{seed} {f.name}"), setting))


def of_faults(names: Sequence[str]) -> Plan:
    """Return the plan of a round of just these faults."""
    return Plan("chosen", tuple(names))
