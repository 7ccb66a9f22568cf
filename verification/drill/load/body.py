"""The target `drill.body`, the Celery task that runs beside the jobs, and who notes the bundles that come. Imported,
and so in force, only when the drill's environment is set (verification/apps.py)."""

import time

from celery import shared_task

from jobs.events import Event, subscribe
from jobs.events.worker.receive import MessageReceived
from jobs.targets import Context, target
from verification.benchmark.workload import BODY_SECONDS
from verification.drill import ledger

TASK_SECONDS = 0.2


@target(ledger.TARGET)
def body(key: str, start: Context) -> None:
    """Notes its entry and its end in the drill's ledger; sleeps in between, as the exercise's jobs do. The run of a
    schedule notes the time that it stands for, as it was told."""
    if start.nominal_time is not None:
        key = ledger.key_of_run(key, start.nominal_time)
    ledger.write(ledger.ENTRY, key)
    time.sleep(BODY_SECONDS)
    ledger.write(ledger.END, key)


@shared_task(name=ledger.TASK_NAME, ignore_result=True)
def task(key: str) -> None:
    """Sleeps in a thread of the worker, and notes that it has."""
    time.sleep(TASK_SECONDS)
    ledger.write(ledger.TASK, key)


def note_bundle(event: Event) -> None:
    """Note a message of several jobs that has come to this worker, by its id."""
    if isinstance(event, MessageReceived) and ledger.first_of_bundle(str(event.id)) is not None:
        ledger.write(ledger.BUNDLE, str(event.id))


subscribe(note_bundle)
