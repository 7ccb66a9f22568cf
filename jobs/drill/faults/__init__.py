"""The faults a drill can inject, by name: each a small class with what it does, when, and its declared budget."""

from jobs.drill.faults.beat import LeaderKill, LeaderStop
from jobs.drill.faults.broker import BrokerDown, BrokerDuplicate, BrokerRestart, BrokerWipe
from jobs.drill.faults.database import ConnectionsCut, DatabaseRestart
from jobs.drill.faults.failpoint import FailpointKill
from jobs.drill.faults.fault import Fault, Injected, Setting, Stage, Stroke
from jobs.drill.faults.worker import WorkerKill, WorkerStop, WorkerTerm, hits

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        WorkerTerm(),
        WorkerKill(),
        WorkerStop(),
        LeaderKill(),
        LeaderStop(),
        BrokerRestart(),
        BrokerWipe(),
        BrokerDown(),
        BrokerDuplicate(),
        DatabaseRestart(),
        ConnectionsCut(),
        FailpointKill(),
    )
}

__all__ = ["FAULTS", "Fault", "Injected", "Setting", "Stage", "Stroke", "hits"]
