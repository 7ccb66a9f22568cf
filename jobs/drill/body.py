"""The target `drill.body`. Imported, and so registered, only when the drill's environment is set (jobs/apps.py)."""

import time

from jobs.benchmark.workload import BODY_SECONDS
from jobs.drill import ledger
from jobs.targets import target


@target(ledger.TARGET)
def body(key: str) -> None:
    """Notes its entry and its end in the drill's ledger; sleeps in between, as the exercise's jobs do."""
    ledger.write(ledger.ENTRY, key)
    time.sleep(BODY_SECONDS)
    ledger.write(ledger.END, key)
