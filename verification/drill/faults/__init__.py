"""The faults a drill can inject, by name: each a small class with what it does, when, and its declared budget."""

from verification.drill.faults.beat import LeaderKill, LeaderStop
from verification.drill.faults.broker import BrokerDown, BrokerHole, BrokerRestart, BrokerSlow, BrokerWipe
from verification.drill.faults.clock import ClockWrong
from verification.drill.faults.database import (
    ConnectionsCut,
    DatabaseDown,
    DatabaseHole,
    DatabaseReadOnly,
    DatabaseRestart,
    DatabaseSlow,
)
from verification.drill.faults.failpoint import FailpointKill
from verification.drill.faults.fault import Fault, Injected, Injection, Setting, Stage
from verification.drill.faults.messages import BrokerDuplicate, BrokerReorder
from verification.drill.faults.worker import WorkerKill, WorkerQuit, WorkerStop, WorkerTerm, hits

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        WorkerTerm(),
        WorkerKill(),
        WorkerQuit(),
        WorkerStop(),
        LeaderKill(),
        LeaderStop(),
        BrokerRestart(),
        BrokerWipe(),
        BrokerDown(),
        BrokerHole(),
        BrokerSlow(),
        BrokerDuplicate(),
        BrokerReorder(),
        DatabaseRestart(),
        DatabaseDown(),
        DatabaseHole(),
        DatabaseReadOnly(),
        DatabaseSlow(),
        ConnectionsCut(),
        ClockWrong(),
        FailpointKill(),
    )
}

__all__ = ["FAULTS", "ClockWrong", "Fault", "Injected", "Injection", "Setting", "Stage", "hits"]
