"""Reads and writes how limits stand, under their locks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from jobs import publishing
from jobs.conf import conf
from jobs.models import Kind, Limit, Turn
from jobs.models.querysets.turns import Place
from jobs.transitions.limits import rates
from jobs.transitions.limits.judge import View
from jobs.transitions.limits.names import Name
from jobs.transitions.refusals import Refusal

KEPT_FOR = 2  # windows for which a turn that has come is kept: whoever is not there by then waits again


def views_of(names: Collection[Name], *, now: datetime) -> dict[Name, View]:
    """Return how these limits stand, by name, under their locks. A limit whose rate somebody has locked is left out:
    whoever starts one of it would have to wait."""
    views = unlocked_views(names, now=now)
    rated = {name: view.rule.pk for name, view in views.items() if view.rule is not None and view.rule.rate is not None}
    free = Limit.objects.lock_free(rated.values()) if rated else set()
    return {name: view for name, view in views.items() if name not in rated or rated[name] in free}


def unlocked_views(names: Collection[Name], *, now: datetime) -> dict[Name, View]:
    """Return how these limits stand, by name, without any lock: to know whether a closer look is worth it."""
    if not names:
        return {}
    found = rules_of(names)
    views = {}
    for one in Turn.objects.occupied(names, now=now):
        name = Name(Kind(one.kind), one.name)
        rule = found.get(name)
        views[name] = View(name, rule, one, steady=None if rule is None else rule.next_start_at)
    return views


def room(view: View, *, now: datetime) -> int | None:
    """Return how many of this limit's line may start now, or at a moment that is listed already, as far as it is
    concerned; None: any number."""
    rule, occupied = view.rule, view.occupied
    caps = [rule.concurrency] if rule is not None and rule.concurrency is not None else []
    if occupied.head is not None and view.name.kind == Kind.KEY:
        caps.append(occupied.head.key_limit)
    if rule is None:
        return max(min(caps) - len(occupied.running) - len(occupied.given), 0) if caps else None
    if rule.paused_at is not None:
        return 0
    free = min(caps) - len(occupied.running) - len(occupied.given) - len(occupied.reserved) if caps else None
    if rule.rate is None:
        return None if free is None else max(free, 0)
    left = (publishing.horizon(now) - view.moment(now, now)) / rates.step(rule.rate)
    most = min(int(left) + 1 if left > 0 else 0, rates.MOST_RESERVED - len(occupied.reserved))
    return max(most if free is None else min(free, most), 0)


def rules_of(names: Collection[Name]) -> dict[Name, Limit]:
    """Return the rules of those limits that have any."""
    limits = Limit.objects.filter(name__in={one.name for one in names}).order_by()
    return {found: limit for limit in limits if (found := Name(Kind(limit.kind), limit.name)) in names}


def expiry(at: datetime) -> datetime:
    """Return until when a turn is kept that may be taken from that moment on."""
    return at + KEPT_FOR * timedelta(seconds=conf().min_prepare_time)


def moments(job_id: int, refusal: Refusal) -> list[Place]:
    """Return what a job has that waits for the moment of a rate: no place that another could want."""
    at = refusal.not_before
    return [] if at is None else [Place(job_id, *name, expiry(at), at) for name in refusal.moment_of]


def note_rates(views: Iterable[View]) -> None:
    """Write down when the next start of each would be due at its rate."""
    for view in views:
        if view.started and view.rule is not None:
            Limit.objects.filter(pk=view.rule.pk).update(next_start_at=view.steady)
