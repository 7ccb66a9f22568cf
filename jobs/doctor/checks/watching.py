"""Checks of what looks at the platform: the watcher, those whom it tells, and the figures of the past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from jobs.alerts.watcher import TURN_EVERY
from jobs.doctor.finding import Finding, note, ok, warn
from jobs.doctor.patient import Patient
from jobs.installation import Identity
from jobs.models import Delivery, Destination, Installation, Leadership
from jobs.models.rollups import OTHER, STEPS
from jobs.models.rollups.adding import AT_A_TIME

START_WATCHER = "python manage.py watch"
SILENT_AFTER = timedelta(seconds=2.5 * TURN_EVERY)  # the server ends its session soon after
LAST_SIGN = "SELECT clock_timestamp() - state_change FROM pg_stat_activity WHERE pid = %s"

STANDS_AFTER = timedelta(minutes=1)
LOOKED_BACK = timedelta(hours=1)
POSITION = """
SELECT added_at, (SELECT coalesce(max(id), 0) FROM jobs_attempt) - upto FROM jobs_rollupposition WHERE id = 1
"""
SAMPLES = "SELECT count(*), min(at), max(at) FROM jobs_rollupqueue WHERE step = %s AND series_id = %s AND at >= %s"


def watcher(patient: Patient) -> Iterator[Finding]:
    """Yield whether a watcher judges: by its lock, and by the last sign of life of its session."""
    found = Installation.objects.filter(id=1).first()
    lock = Identity(found.identity, found.incarnation).watch_lock if found else None
    holder = Leadership.lock_holder(lock) if lock is not None else None
    if holder is None:
        used = Destination.objects.in_use().count()
        kind = warn if used else note
        whom = "the destinations hear of nothing" if used else "alerts are neither judged nor shown"
        yield kind(f"No watcher runs: {whom}.", f"Start one on any host: {START_WATCHER}", f"{used} destinations")
        return
    silent: timedelta | None = patient.value(LAST_SIGN, holder.pid)
    figure = f"{holder}" if silent is None else f"last turn {silent.total_seconds():.0f} s ago"
    if silent is not None and silent > SILENT_AFTER:
        yield warn("A watcher has its lock and gives no sign of life.", "Read its log, and restart it.", figure)
    else:
        yield ok("A watcher judges.", figure)


def destinations(patient: Patient) -> Iterator[Finding]:
    """Yield destinations of which the last thing that was sent was not taken."""
    used = Destination.objects.in_use().count()
    failing = [one for one in Delivery.objects.latest_tried() if one.error]
    for one in failing:
        goes_on = "It is tried again" if one.done_at is None else "It was given up"
        yield warn(
            f"The destination {one.destination.name} did not take what was sent last: {one.error}",
            "Look at it under Destinations in the admin, mend it and press Send a test.",
            f"{goes_on}, after {one.attempts} attempts",
        )
    if not used:
        yield note("Alerts are told to nobody: there is no destination.", "Add one under Destinations in the admin.")
    elif not failing:
        yield ok("The destinations take what is sent.", f"{used} in use")


def figures(patient: Patient) -> Iterator[Finding]:
    """Yield whether the figures of the past are added, and whether stretches of the last hour have no sample."""
    position = patient.rows(POSITION)
    if not position:
        yield note("No figures of the past are kept yet: the first beat that leads begins.")
        return
    (added_at, behind), remedy = position[0], "See that a beat leads; its log says what its service 'figures' met."
    age = patient.now - added_at
    if age > STANDS_AFTER:
        yield warn("The figures of the past stand still.", remedy, f"added {age.total_seconds():.0f} s ago")
    elif behind > AT_A_TIME:
        yield warn("The figures of the past lag behind the starts.", remedy, f"{behind:,} starts")
    else:
        yield ok("The figures of the past are added.", f"{max(behind, 0):,} starts to add")
    step = STEPS[0]
    ((count, first, last),) = patient.rows(SAMPLES, step, OTHER, patient.now - LOOKED_BACK)
    holes = round((last - first).total_seconds() / step) + 1 - count if count else 0
    if holes > 0:
        yield note(
            "Stretches of the last hour have no sample of the queues: charts have gaps there.",
            "No beat led then, or its database was busy: /late/ and the beat's log say more.",
            f"{holes} of {count + holes} stretches of {step} s",
        )
