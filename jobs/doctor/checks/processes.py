"""Checks of beats and workers: whether somebody lists, and somebody takes, what is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from jobs.conf import conf
from jobs.doctor.finding import Finding, bad, note, ok, warn
from jobs.doctor.patient import Patient
from jobs.installation import Identity
from jobs.models import Installation, Job, Leadership, Limit
from jobs.models.installation import COMMAND, REMEDY
from jobs.models.querysets import OVERDUE_AFTER
from jobs.monitor.leading import UNPUBLISHED_AFTER, WINDOWS_OF_PATIENCE
from jobs.monitor.stops import stop_lines
from jobs.monitor.verdict import START_BEAT, START_WORKER

CHANGED_LATELY = timedelta(minutes=10)
PAUSED_READ = 100
SHOWN = 5  # names in a sentence


def leader(patient: Patient) -> Iterator[Finding]:
    """Yield whether a beat leads and lists, by its lock and by its row."""
    row = Leadership.current()
    installation = Installation.objects.filter(id=1).first()
    lock = Identity(installation.identity, installation.incarnation).lock if installation else None
    who = Leadership.lock_holder(lock) if lock is not None else None
    patience = timedelta(seconds=WINDOWS_OF_PATIENCE * conf().min_prepare_time)
    since = None if row.listed_at is None else patient.now - row.listed_at
    figure = "never listed" if since is None else f"listed {since.total_seconds():.0f} s ago"
    if who is None and (since is None or since > patience):
        yield bad("No beat is leading: no job will be published.", f"Start one on any host: {START_BEAT}", figure)
    elif since is None or since > patience:
        yield warn(
            f"A beat leads ({who}), and has listed nothing for more than {WINDOWS_OF_PATIENCE} windows.",
            "See that the broker answers, and read the beat's log.",
            figure,
        )
    else:
        yield ok(f"{row.holder or 'A beat'} leads, as number {row.epoch}.", figure)


def unpublished(patient: Patient) -> Iterator[Finding]:
    """Yield whether jobs of the last windows wait for the broker."""
    row = Leadership.current()
    oldest = row.unpublished_since or (row.listed_at if row.listed and row.published_at is None else None)
    if oldest is not None and patient.now - oldest > UNPUBLISHED_AFTER:
        yield warn(
            "Jobs that were listed are not all published yet.",
            "The broker is slow or away; the beat goes on trying. Its log says more.",
            f"for {(patient.now - oldest).total_seconds():.0f} s",
        )
    else:
        yield ok("What was listed is published.", f"{row.listed} in the last window")


def overdue(patient: Patient) -> Iterator[Finding]:
    """Yield whether jobs wait that should have started."""
    found = Job.objects.backlog(patient.now - OVERDUE_AFTER)
    late = [queue for queue in found if queue.overdue]
    if not late:
        yield ok("No job is overdue.", f"{sum(queue.pending for queue in found):,} pending")
    for queue in late:
        age = (patient.now - queue.oldest).total_seconds()
        yield bad(
            f"Jobs of the queue {queue.queue} are overdue.",
            "See what is said of beat, broker and workers. The page of one says what it waits for.",
            f"{queue.overdue:,}, the oldest for {age:.0f} s",
        )


def queues(patient: Patient) -> Iterator[Finding]:
    """Yield whether each queue in which jobs wait has a worker that takes from it."""
    served = {name for one in patient.workers if one.takes for name in one.queues}
    waiting = Job.objects.backlog(patient.now - OVERDUE_AFTER)
    without = [queue for queue in waiting if queue.queue not in served]
    for queue in without:
        kind = bad if queue.overdue else warn
        yield kind(
            f"No worker takes from the queue {queue.queue}, where jobs wait.",
            f"{START_WORKER} -Q {queue.queue}",
            f"{queue.pending:,} pending",
        )
    if not without:
        yield ok("Each queue in which jobs wait has a worker.", f"{len(waiting)} with jobs, {len(served)} with workers")


def workers(patient: Patient) -> Iterator[Finding]:
    """Yield whether workers live and take jobs, and which have vanished."""
    by = {status: [one.name for one in patient.workers if one.status == status] for status in ("gone", "silent")}
    taking = [one for one in patient.workers if one.takes]
    if not patient.alive:
        yield bad("No worker is alive: no job will start.", f"Start one on any host: {START_WORKER}", 0)
    elif not taking:
        yield bad("All workers refuse jobs: none will start.", "Resume one, or relieve its host.", len(patient.alive))
    if by["gone"]:
        yield warn(
            f"Vanished without a good-bye: {_names(by['gone'])}.",
            "What they ran is interrupted: look at these jobs, and at their hosts.",
            len(by["gone"]),
        )
    if by["silent"]:
        yield warn(f"Missed a heartbeat: {_names(by['silent'])}.", "Look at their hosts.", len(by["silent"]))
    refusing = [one for one in patient.alive if one.refusing]
    if taking:
        yield from (note(f"The worker {one.name} takes no jobs: {one.refusing}", "Resume it.") for one in refusing)
        if not by["gone"] and not by["silent"]:
            slots = sum(one.slots for one in taking)
            yield ok("Workers live and take jobs.", f"{len(taking)} with {slots} slots")


def _names(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def leader_changes(patient: Patient) -> Iterator[Finding]:
    """Yield whether the lead has changed lately: beats that come and go, or a database that does."""
    row = Leadership.current()
    age = None if row.elected_at is None else patient.now - row.elected_at
    if age is not None and age < CHANGED_LATELY:
        yield note(
            "The lead has changed lately.",
            "After a start that is so. If it goes on, read the logs of beats and database.",
            f"number {row.epoch}, {age.total_seconds():.0f} s ago",
        )
    else:
        yield ok("The lead has not changed lately.", f"number {row.epoch}")


def restored(patient: Patient) -> Iterator[Finding]:
    """Yield whether all jobs are kept from starting since the database was restored."""
    if found := Installation.restored():
        yield bad(found.what, f"{REMEDY}: {COMMAND}")
    else:
        yield ok("The database is the one that the installation has worked with.")


def stops(patient: Patient) -> Iterator[Finding]:
    """Yield stops of everything, those that are near, too."""
    found = [stop.problem for stop in stop_lines(patient.now)]
    for level, what, remedy in found:
        yield (bad if level == "bad" else warn)(what, remedy)
    if not found:
        yield ok("Nobody has stopped everything.")


def pauses(patient: Patient) -> Iterator[Finding]:
    """Yield queues and keys that somebody has paused."""
    paused = [str(one) for one in Limit.objects.paused()[:PAUSED_READ]]
    if paused:
        yield note(f"Paused: {_names(paused)}. None of their jobs starts.", "Resume them under Limits.", len(paused))
    else:
        yield ok("No queue and no key is paused.")


def interrupted(patient: Patient) -> Iterator[Finding]:
    """Yield whether jobs wait for a person to say what became of them."""
    count = Job.objects.interrupted().bounded_count()
    if count:
        what = "Jobs were interrupted, and nobody has said what became of them."
        yield note(what, "Look at each under /jobs/?state=interrupted, and retry it where that is safe.", f"{count:,}")
    else:
        yield ok("No interrupted job waits for a person.")
