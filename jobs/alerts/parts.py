"""Parts of a watcher's turn, each by itself: one whose question fails leaves the others their answers, is logged, and
is said by an alert of its own when it goes on failing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError

from jobs.alerts import conditions as of
from jobs.alerts.conditions import Condition, Rule
from jobs.clock import steady
from jobs.events import emit
from jobs.events.alerts import WatchPartFailed
from jobs.models import Alert, AlertRule
from jobs.models.alert import OWN
from jobs.postgresql.base import OF_THE_STATEMENT

T = TypeVar("T")

REST = 30.0  # seconds: what took too long is not asked again at once, since all parts share a thread and a lease


@dataclass(frozen=True)
class Part:
    """Part of a turn. `about` completes "the watcher cannot ..."; `rules` are those that are judged by it; `own`:
    what has to happen by the rules of people that are."""

    name: str
    about: str
    rules: tuple[Rule, ...] = ()
    own: str = ""
    of_changes: bool = False  # told to subscriptions
    rest: float = REST

    def judges(self, alert: Alert) -> bool:
        """Return whether this part says if the alert is over."""
        return alert.rule == f"{OWN}{self.own}" if self.own else any(alert.rule == rule.name for rule in self.rules)


PLATFORM = Part(
    "platform",
    "judge what waits and who serves it",
    # Of the last ones the facts are asked apart, and judged with these.
    tuple(rule for rule in of.RULES if rule not in (of.BURNS_FAST, of.BURNS, of.SPENT, of.DATABASE, of.UNJUDGED)),
    rest=0.0,
)
LASTING = Part(
    "figures", "ask for the figures of the last ten minutes", (of.LATE, of.MISSED, of.FAILED, of.INTERRUPTED, of.CLOCK)
)
OBJECTIVES = Part("objectives", "judge the objectives", (of.BURNS_FAST, of.BURNS, of.SPENT))
FORECAST = Part("forecast", "forecast the next hour", (of.OVERLOAD,))
OWN_RULES = {
    when: Part(f"{OWN}{when.value}", f"judge the rules of people that tell when {when.label}", own=when.value)
    for when in AlertRule.When
}
SETTINGS = Part("settings", "read the rules, subscriptions and destinations")
KEEPING = Part("alerts", "write alerts down", rest=0.0)
CLEANING = Part("cleaning", "remove old alerts")
CHANGES = Part("changes", "see which changes of jobs are to be told", of_changes=True)


def subscription(subscription_id: int) -> Part:
    """Return what is told to one subscription, a part of its own."""
    about = f"tell changes of jobs to subscription {subscription_id}"
    return Part(f"subscription {subscription_id}", about, of_changes=True)


def is_away(error: Exception) -> bool:
    """Return whether this says that the database is away, and not only that it has ended or refused a statement."""
    return isinstance(error, (OperationalError, InterfaceError)) and not isinstance(error.__cause__, OF_THE_STATEMENT)


class Parts:
    """Parts of one process that fail at present."""

    def __init__(self) -> None:
        self._failing: dict[Part, float] = {}  # by when on the steady clock each is asked again

    def ask(self, part: Part, question: Callable[[], T], otherwise: T) -> T:
        """Return the answer; `otherwise` where the question fails, or has failed a moment ago. Raises what says that
        the database is away."""
        if steady() < self._failing.get(part, float("-inf")):
            return otherwise
        try:
            answer = question()
        except Exception as error:
            if is_away(error):
                raise
            self._failing[part] = steady() + part.rest
            emit(WatchPartFailed(part.name, error))
            return otherwise
        self._failing.pop(part, None)
        return answer

    def leave_open(self, alert: Alert) -> bool:
        """Return whether nobody knows at present if this alert is over."""
        return any(part.judges(alert) for part in self._failing)

    def forget(self) -> None:
        """Ask all again: another has judged meanwhile."""
        self._failing.clear()

    def subscribed(self, subscriptions: Iterable[int]) -> None:
        """Forget what fails for subscriptions that are not asked for any more."""
        asked = {subscription(one) for one in subscriptions}
        kept = asked | {CHANGES} if asked else asked
        self._failing = {part: at for part, at in self._failing.items() if not part.of_changes or part in kept}

    def conditions(self) -> list[Condition]:
        """Return what is wrong with the watching itself."""
        return [
            Condition(
                of.UNJUDGED,
                f"The watcher cannot {part.about}: its question fails.",
                "The log of manage.py watch says by which error. Until it is mended, alerts of this stay as they are "
                "and nothing new of it is told; all else is judged.",
                subject=part.name,
                link="/alerts/",
            )
            for part in self._failing
        ]
