"""Keeps alerts: what is wrong opens one, once; what has stayed good resolves it; each is said once, to whom it is for.

What goes on and off says two things, not twenty: an alert is resolved only after it has stayed good for a while, and
what comes back soon after that is the same alert again, and says nothing unless it stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.alerts.conditions import Condition
from jobs.database import transaction
from jobs.events import emit
from jobs.events.alerts import AlertOpened, AlertResolved
from jobs.models import Alert, AlertEvent, AlertRule, Delivery, Destination, Silence
from jobs.models.alert import OWN
from jobs.rights.alert_rules import destinations_of

GOOD_FOR = timedelta(seconds=30)  # it must have stayed good so long before it counts as resolved
JOINS_WITHIN = timedelta(
    minutes=10
)  # what comes back so soon is the same alert, which says nothing until so long again
SEEN_EVERY = timedelta(seconds=10)  # an open alert is written so often at most: half a GOOD_FOR is no risk
KEEP_ALERTS, KEEP_DELIVERIES, KEEP_BATCHES = timedelta(days=90), timedelta(days=30), timedelta(days=1)

Key = tuple[str, str, str, int]
RECOVERED = f"{OWN}{AlertRule.When.RECOVERED}"


@dataclass
class Patience:
    """Moments since which this process has seen each condition: what is over before its rule's patience opens
    nothing."""

    since: dict[Key, datetime] = field(default_factory=dict)

    def ripe(self, found: Iterable[Condition], now: datetime) -> list[Condition]:
        """Return those that have stood for as long as their rules ask for."""
        by_key = {one.key: one for one in found}
        self.since = {key: self.since.get(key, now) for key in by_key}
        return [one for key, one in by_key.items() if now - self.since[key] >= one.rule.after]


@dataclass(frozen=True)
class Change:
    """Change of an alert, and what is said of it; None where nothing is. `again`: only that is new."""

    alert: Alert
    event: AlertEvent | None
    again: bool = False


def keep(
    found: Iterable[Condition],
    seen: Iterable[Condition],
    now: datetime,
    *,
    leave_open: Callable[[Alert], bool] = lambda alert: False,
) -> list[Change]:
    """Make the alerts be as it is now, in one transaction, and return what has changed. `seen`: all that is wrong at
    this moment, also what has not stood long enough to open an alert: it keeps an open one open. `leave_open`: whether
    it is not known if one is over.

    1. What is open and still wrong, or may be, stays open; what has stayed good is resolved.
    2. What is wrong and not open opens, or opens again where it was resolved a moment ago.
    3. What has come back and stayed is said again.
    """
    wrong = {one.key: one for one in found}
    still = {one.key for one in seen} | wrong.keys()
    with transaction.atomic():
        changes: list[Change] = []
        open_now: dict[Key, Alert] = {one.key: one for one in Alert.objects.open()}
        for key, alert in open_now.items():
            if key in still:
                changes += _goes_on(alert, wrong.get(key), now)
            elif leave_open(alert):
                _note_seen(alert, now)
            elif now - alert.last_seen_at >= GOOD_FOR:
                changes.append(_resolve(alert, now))
        changes += _open([one for key, one in wrong.items() if key not in open_now], now)
        _say(changes, now)
    for change in changes:
        if change.alert.resolved_at is not None:
            emit(AlertResolved(change.alert.fingerprint, change.event is None))
        elif not change.again:
            emit(AlertOpened(change.alert.fingerprint, change.alert.sentence, change.event is None))
    return changes


def remove_old(now: datetime) -> None:
    """Remove alerts and deliveries that are long over, and silences with them."""
    Delivery.objects.changes_taken_before(now - KEEP_BATCHES).delete()
    Delivery.objects.done_before(now - KEEP_DELIVERIES).delete()
    Alert.objects.over_before(now - KEEP_ALERTS).delete()
    Silence.objects.ended_before(now - KEEP_ALERTS).delete()


def opened_before(condition: Condition, since: datetime, now: datetime) -> None:
    """Note an alert that could not be written when it opened, and that was said then."""
    with transaction.atomic():
        if not Alert.objects.open().filter(rule=condition.rule.name, subject=condition.subject).exists():
            _new(condition, since, last_seen_at=now, announced=AlertEvent.OPENED).save()


def _note_seen(alert: Alert, now: datetime, condition: Condition | None = None) -> None:
    """Write that it is still so, and what is true now where its words have numbers: what was said stays said."""
    if now - alert.last_seen_at >= SEEN_EVERY:
        alert.last_seen_at = now
        fields = ["last_seen_at"]
        if condition is not None and condition.sentence != alert.sentence:
            alert.sentence, alert.remedy, alert.link = condition.sentence, condition.remedy, condition.link
            fields += ["sentence", "remedy", "link"]
        alert.save(update_fields=fields)


def _goes_on(alert: Alert, condition: Condition | None, now: datetime) -> list[Change]:
    _note_seen(alert, now, condition)
    if alert.announced == AlertEvent.OPENED or alert.acknowledged_at is not None:
        return []
    was_silenced = not alert.announced and alert.reopened_at is None
    stays = alert.reopened_at is not None and now - alert.reopened_at >= JOINS_WITHIN
    return [Change(alert, AlertEvent.OPENED, again=True)] if was_silenced or stays else []


def _resolve(alert: Alert, now: datetime) -> Change:
    alert.resolved_at = now
    alert.save(update_fields=["resolved_at"])
    is_said = alert.announced == AlertEvent.OPENED and alert.rule != RECOVERED  # that something went well has no end
    return Change(alert, AlertEvent.RESOLVED if is_said else None)


def _open(found: Iterable[Condition], now: datetime) -> list[Change]:
    conditions = list(found)
    if not conditions:
        return []
    lately: Mapping[Key, Alert] = {one.key: one for one in reversed(Alert.objects.resolved_since(now - JOINS_WITHIN))}
    changes = []
    for condition in conditions:
        before = lately.get(condition.key)
        if before is None:
            alert = _new(condition, now, last_seen_at=now)
            alert.save()
            changes.append(Change(alert, AlertEvent.OPENED))
            continue
        before.resolved_at, before.reopened_at, before.last_seen_at = None, now, now
        before.times += 1
        before.save(update_fields=["resolved_at", "reopened_at", "last_seen_at", "times"])
        changes.append(Change(before, None))
    return changes


def _new(condition: Condition, opened_at: datetime, *, last_seen_at: datetime, announced: str = "") -> Alert:
    return Alert(
        rule=condition.rule.name,
        subject=condition.subject,
        kind=condition.kind,
        own_rule=condition.own_rule,
        level=condition.rule.level,
        sentence=condition.sentence,
        remedy=condition.remedy,
        link=condition.link,
        opened_at=opened_at,
        last_seen_at=last_seen_at,
        announced=announced,
    )


def _say(changes: Iterable[Change], now: datetime) -> None:
    """Have this be said to the destinations that it is for. What is silenced when it opens is said when the silence
    ends, if it is still so; the end of what was said is said, silenced or not."""
    to_say = [(change.alert, change.event) for change in changes if change.event is not None]
    if not to_say:
        return
    destinations, silences = list(Destination.objects.in_use()), list(Silence.objects.in_force(now))
    rules = AlertRule.objects.of_alerts(alert.own_rule for alert, _ in to_say)
    over = [alert.pk for alert, event in to_say if alert.is_own and event == AlertEvent.RESOLVED]
    heard = Delivery.objects.heard_of_opening(over) if over else {}
    for alert, event in to_say:
        if event == AlertEvent.OPENED and any(one.fits(alert.fingerprint) for one in silences):
            continue
        alert.announced = event
        alert.save(update_fields=["announced"])
        Delivery.objects.bulk_create(
            Delivery(alert=alert, destination=one, event=event, made_at=now, next_at=now)
            for one in _those(destinations, alert, rules.get(alert.own_rule), heard.get(alert.pk, ()))
        )


def _those(
    destinations: Iterable[Destination], alert: Alert, rule: AlertRule | None, heard: Collection[int]
) -> list[Destination]:
    """Return the destinations that are told: of a rule of people those that it names and that are open to whose it is,
    else those that want such alerts. Whoever was told that one of theirs has opened (`heard`, where it is over) is told
    its end, whatever has become of the rule."""
    if not alert.is_own:
        return [one for one in destinations if one.wants(alert.fingerprint, alert.level)]
    if heard:
        return [one for one in destinations if one.pk in heard]
    return destinations_of(rule) if rule is not None else []
