"""Words of an alert, as people and programs get them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.conf import conf
from jobs.models import Alert, AlertEvent, Delivery, Destination

TYPES = {event: f"runat.alert.{event.value}" for event in AlertEvent}
LONGEST_SUBJECT = 200  # characters


@dataclass(frozen=True)
class Message:
    """Thing to say of an alert. `id` names it to its receivers, at each attempt alike; `source` names who says it."""

    id: UUID
    event: AlertEvent
    source: str
    at: datetime
    fingerprint: str = ""
    level: str = ""
    sentence: str = ""
    remedy: str = ""
    link: str = ""
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    times: int = 1

    @property
    def title(self) -> str:
        """Return a line of it."""
        words = {AlertEvent.OPENED: "", AlertEvent.RESOLVED: "Resolved: ", AlertEvent.TEST: "Test: "}
        line = " ".join(f"{words[self.event]}{self.sentence}".split())
        return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 3]}..."

    @property
    def text(self) -> str:
        """Return it for people."""
        spans = [("Since", self.opened_at), ("Resolved", self.resolved_at)]
        lines = [
            self.sentence,
            self.remedy if self.event == AlertEvent.OPENED else "",
            "\n".join(f"{word}: {moment:%Y-%m-%d %H:%M:%S} UTC" for word, moment in spans if moment),
            self.address,
            f"({self.fingerprint}, {self.source})" if self.fingerprint else f"({self.source})",
        ]
        return "\n\n".join(filter(None, lines)) + "\n"

    @property
    def address(self) -> str:
        """Return the address of its page; empty where nobody has said how web is reached."""
        return f"{conf().public_url}{self.link}" if conf().public_url and self.link else ""

    @property
    def cloud_event(self) -> dict[str, Any]:
        """Return it as a CloudEvent 1.0 in its JSON form."""
        return {
            "specversion": "1.0",
            "id": str(self.id),
            "source": self.source,
            "type": TYPES[self.event],
            "time": _moment(self.at),
            **({"subject": self.fingerprint} if self.fingerprint else {}),
            "datacontenttype": "application/json",
            "data": {
                "alert": self.fingerprint,
                "level": self.level,
                "sentence": self.sentence,
                "remedy": self.remedy,
                "address": self.address,
                "opened_at": _moment(self.opened_at),
                "resolved_at": _moment(self.resolved_at),
                "times": self.times,
            },
        }


@dataclass(frozen=True)
class Changes:
    """Batch of changes of jobs, as CloudEvents. `id` as with a message."""

    id: UUID
    events: list[dict[str, Any]]


def message_of(delivery: Delivery, source: str) -> Message | Changes:
    """Return what a delivery says."""
    if delivery.event == Delivery.CHANGES:
        return Changes(delivery.message, delivery.data or [])
    event = AlertEvent(delivery.event)
    alert: Alert | None = delivery.alert
    if alert is None:
        return test_message(delivery.message, delivery.destination, source, delivery.made_at)
    return Message(
        id=delivery.message,
        event=event,
        source=source,
        at=delivery.made_at,
        fingerprint=alert.fingerprint,
        level=alert.level,
        sentence=alert.sentence,
        remedy=alert.remedy,
        link=alert.link,
        opened_at=alert.opened_at,
        resolved_at=alert.resolved_at if event == AlertEvent.RESOLVED else None,
        times=alert.times,
    )


def test_message(message: UUID, destination: Destination, source: str, at: datetime) -> Message:
    """Return what is sent to try a destination."""
    sentence = f"Alerts of RunAt reach '{destination.name}'."
    return Message(id=message, event=AlertEvent.TEST, source=source, at=at, sentence=sentence)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
