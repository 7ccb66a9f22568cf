"""The watcher: a process of its own, any number of them, one of which judges at a time. It says, too, that the database
is away: by what it remembers of the destinations, and later, when it is back, it writes that down.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import uuid4

from django.db import DatabaseError, InterfaceError, close_old_connections

from jobs.alerts import facts, judging, keeping, overload, parts
from jobs.alerts.broker import BrokerLook
from jobs.alerts.changes import reading
from jobs.alerts.changes.horizon import Horizon
from jobs.alerts.conditions import DATABASE, Condition
from jobs.alerts.messages import Message
from jobs.alerts.own import facts as own_facts
from jobs.alerts.own import judging as own_judging
from jobs.alerts.own.standing import counted
from jobs.alerts.parts import Part, Parts
from jobs.alerts.sending import Sender, source_name
from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.events import emit
from jobs.events.alerts import WatchBegun, WatchEnded, WatchTurnFailed
from jobs.forecast.overloads import Overload
from jobs.installation import known
from jobs.models import Alert, AlertEvent, AlertRule, Destination, Objective, Subscription
from jobs.models.objective import MOST_OBJECTIVES
from jobs.objectives.standing import count_for_all
from jobs.postgresql import session as sessions
from jobs.scheduler.locksession import BehindPooler, SessionLock

T = TypeVar("T")

TURN_EVERY = 10.0  # seconds
LEASE = "30s"  # of the lock, longer than a turn takes; each turn is a sign of life
LASTING_EVERY = 45.0  # seconds: what has been so for minutes, and the destinations, are asked so often
TRY_EVERY = 3.0  # seconds between the attempts of one that stands by, and of one without a database
OWN_PATIENCE = "2s"  # for a statement by which rules of people are judged: all of them take less than the lease
SHOW_EVERY = 15.0  # seconds, where a turn takes long: half the lease of the lock
STEP_EVERY = 0.5  # seconds: what is to be sent goes out so soon
FAREWELL = 5.0  # seconds for what is on its way
CLEAN_EVERY = 3600.0  # seconds
PING_EVERY = 60.0  # seconds
CHANGES_EVERY = 2.0  # seconds; they are told some seconds after they were committed
MOST_SUBSCRIPTIONS = 50
COUNT_EVERY = 60.0  # seconds: the shortest span of an objective is of five minutes


@dataclass
class Away:
    """Database that does not answer: since when, by its clock as we follow it, and whether that was said."""

    since: datetime
    was_said: bool = False


class Watcher:
    """The watching of one process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lock = SessionLock(lambda: known.read().watch_lock, LEASE)
        self.broker, self.sender = BrokerLook(), Sender()
        self._patience = keeping.Patience()
        self._destinations: Sequence[Destination] = ()
        self._source = ""
        self._lasting: facts.Lasting | None = None
        self._asked = float("-inf")  # on the steady clock: when that was asked
        self._any_open = True  # as far as we know: nobody else opens an alert while we judge
        self._away: Away | None = None
        self._rules: Sequence[AlertRule] = ()
        self._horizon, self._changes_at = Horizon(), float("-inf")
        self._subscriptions: Sequence[int] = ()
        self._of_budgets: Sequence[Condition] = ()
        self._parts = Parts()
        self._ahead: tuple[Overload, ...] = ()
        self._cleaned = self._pinged = self._counted = float("-inf")  # on the steady clock
        self._shown = float("-inf")  # and when we have shown last that we judge

    def run(self, stop: threading.Event) -> None:
        """Watch until it is told to stop. Never raises for what is away: that is what it is for. Raises BehindPooler
        where it can never judge."""
        turn_at = float("-inf")
        while not stop.wait(STEP_EVERY):
            if steady() >= turn_at:
                turn_at = steady() + self.turn()
            elif self.lock.taken:
                self._safely(lambda: self.sender.step(clock.now()))
                self._safely(self._tell_changes)
        self._safely(lambda: self.sender.close(clock.now(), FAREWELL))
        self._stand_by()
        self.broker.close()

    def turn(self) -> float:
        """Judge, if it is ours to do. Returns the seconds until the next turn is wanted."""
        try:
            if steady() >= self._asked + LASTING_EVERY:  # a look whether the session is well costs a statement, too
                close_old_connections()
            was_ours = self.lock.taken
            is_ours = self.lock.take()
            self._shown = steady()
            self._note_absence()
            if not is_ours:
                return TRY_EVERY
            if not was_ours:
                emit(WatchBegun(self.name))
                self.sender.look()
                self._parts.forget()
                self._asked, self._any_open = float("-inf"), True
                self._lasting, self._of_budgets, self._ahead = None, (), ()
            self._judge(clock.current())
        except BehindPooler:
            raise
        except (DatabaseError, InterfaceError) as error:
            emit(WatchTurnFailed(error))
            self._asked = float("-inf")
            self._without_database(error)
            return TRY_EVERY
        except Exception as error:  # noqa: BLE001 - a watcher that dies of one question answers none
            emit(WatchTurnFailed(error))
        return TURN_EVERY

    def _judge(self, now: datetime) -> None:
        """Judge each part by itself: what fails of one, other than for a database that is away, keeps no other back.
        The ping goes on as long as alerts can be kept, since by them it is said."""
        ask = self._ask
        if steady() >= self._asked + LASTING_EVERY:
            self._asked = steady()
            self._lasting = ask(parts.LASTING, lambda: facts.ask_lasting(now), self._lasting)
            ask(parts.SETTINGS, lambda: self._read_settings(now), None)
        if steady() >= self._counted + COUNT_EVERY:  # four statements in six turns where nothing is planned
            self._counted = steady()
            self._of_budgets = ask(parts.OBJECTIVES, lambda: _of_budgets(now), self._of_budgets)
            self._ahead = ask(parts.FORECAST, lambda: overload.look(now), self._ahead)
        nothing: list[Condition] = []
        platform = ask(parts.PLATFORM, lambda: self._of_platform(now), nothing)
        found = [*platform, *self._of_budgets, *self._by_own_rules(now), *self._parts.conditions()]
        is_kept = ask(parts.KEEPING, lambda: self._keep(found, now), False)
        if is_kept and conf().watch_ping_url and steady() >= self._pinged + PING_EVERY:
            self._pinged = steady()
            self.sender.ping(conf().watch_ping_url)
        if steady() >= self._cleaned + CLEAN_EVERY:
            self._cleaned = steady()
            ask(parts.CLEANING, lambda: keeping.remove_old(now), None)

    def _ask(self, part: Part, question: Callable[[], T], otherwise: T) -> T:
        """Ask it as a part by itself, and show now and then that we still judge: several that take too long last longer
        than the lease of the lock."""
        answer = self._parts.ask(part, question, otherwise)
        if steady() >= self._shown + SHOW_EVERY:
            self.lock.take()
            self._shown = steady()
        return answer

    def _read_settings(self, now: datetime) -> None:
        self._rules = counted(AlertRule.objects.in_use().with_whose()[: own_facts.MOST_RULES])
        places = Subscription.objects.places()
        self._subscriptions = [one.pk for one in places if one.is_on][:MOST_SUBSCRIPTIONS]
        self._parts.subscribed(self._subscriptions)
        for one in places:
            if one.has_come and not one.is_on:
                reading.forget(one.pk, now)
        self._destinations, self._source = list(Destination.objects.in_use()), source_name()

    def _keep(self, found: Sequence[Condition], now: datetime) -> bool:
        """Make the alerts be as it is now; nothing is asked while nothing is wrong, and was. True: it was done."""
        ripe = self._patience.ripe(found, now)
        if not found and not self._any_open:
            return True
        changes = keeping.keep(ripe, found, now, leave_open=self._parts.leave_open)
        self._any_open = bool(found) or Alert.objects.open().exists()
        if any(change.event for change in changes):
            self.sender.look()
        return True

    def _tell_changes(self) -> None:
        """Read what subscriptions have not been told: a batch of each, and at once again where there may be more."""
        if steady() < self._changes_at:
            return
        self._changes_at = steady() + CHANGES_EVERY
        if not self._subscriptions:
            return
        now, begun = clock.current(), steady()
        upto = self._ask(parts.CHANGES, lambda: self._horizon.look(now), None)
        if upto is None:
            return
        source, read = source_name(), []
        for one in self._subscriptions:
            if steady() >= begun + TURN_EVERY:  # it is time to judge; those that take too long rest next time
                read.append(reading.Read(more=True))
                break
            do = partial(reading.read, one, upto, source, now)
            read.append(self._ask(parts.subscription(one), do, reading.Read()))
        if any(one.more for one in read):
            self._changes_at = float("-inf")
        if any(one.written for one in read):
            self.sender.look()

    def _of_platform(self, now: datetime) -> list[Condition]:
        lasting = self._lasting or facts.NONE_LASTING
        return judging.judge(facts.ask(now, self.broker.answers, lasting, ahead=self._ahead), now)

    def _by_own_rules(self, now: datetime) -> list[Condition]:
        """Return what is so of the rules of people, of each kind by itself, with less patience than the platform has.
        No statement where there are none."""
        rules = self._rules
        if not rules:
            return []
        facts_of_all, found = own_facts.ask(rules, now), list[Condition]()
        with sessions.patience(OWN_PATIENCE):
            for when, part in parts.OWN_RULES.items():
                if of_it := [one for one in rules if one.when == when]:
                    found += self._ask(part, partial(own_judging.judge, of_it, facts_of_all, now), [])
        return found

    def _note_absence(self) -> None:
        """Write down that the database was away, now that it is back, if that was said: whoever judges says its end."""
        away, self._away = self._away, None
        if away is not None and away.was_said:
            self._any_open = True
            keeping.opened_before(judging.database_away("it was away."), away.since, clock.current())

    def _without_database(self, error: Exception) -> None:
        """Say that nobody can ask the database, where it was ours to judge when it went."""
        was_ours = self.lock.taken
        self._stand_by()
        if self._away is None and was_ours:
            self._away = Away(clock.now())
        away = self._away
        if away is None or away.was_said or clock.now() - away.since < DATABASE.after:
            return
        away.was_said = True
        condition = judging.database_away(" ".join(str(error).split())[:200])
        for one in self._destinations:
            if one.wants(DATABASE.name, DATABASE.level):
                message = Message(
                    id=uuid4(),
                    event=AlertEvent.OPENED,
                    source=self._source,
                    at=clock.now(),
                    fingerprint=DATABASE.name,
                    level=DATABASE.level,
                    sentence=condition.sentence,
                    remedy=condition.remedy,
                    opened_at=away.since,
                )
                self.sender.send(one.kind, one.address, message)

    def _stand_by(self) -> None:
        if self.lock.taken:
            emit(WatchEnded(self.name))
        self.lock.give_back()

    def _safely(self, do: object) -> None:
        try:
            do()  # type: ignore[operator]
        except (DatabaseError, InterfaceError) as error:
            self._asked = float("-inf")
            emit(WatchTurnFailed(error))
        except Exception as error:  # noqa: BLE001 - as in a turn
            emit(WatchTurnFailed(error))


def _of_budgets(now: datetime) -> Sequence[Condition]:
    return judging.of_budgets(count_for_all(Objective.objects.all()[:MOST_OBJECTIVES], now))
