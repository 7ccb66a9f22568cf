"""Requests for a schedule that may come twice: those of one Idempotency-Key make one, and all others are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from jobs import rules
from jobs.models import Schedule
from jobs.rules.asked import schedule_digest
from jobs.transitions.creation import KeyReused

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@dataclass(frozen=True)
class Once:
    """A request for a schedule, by whom and with which key; `digest` is that of all that is asked for. One without a
    key is always another."""

    key: str | None
    digest: str
    by_id: int

    @classmethod
    def of(cls, key: str | None, asked: Mapping[str, Any], *, by: AbstractBaseUser) -> Once:
        """Return the request for what is `asked`, by the names of SCHEDULE_ASKED. Raises ValidationError for a key that
        cannot be kept."""
        if problems := rules.text_problems(key or "", rules.IDEMPOTENCY_KEY_LIMIT):
            raise ValidationError({"idempotency_key": problems})
        return cls(key, schedule_digest(asked), by.pk)

    def columns(self) -> dict[str, Any]:
        """Return what the row of its schedule says of it."""
        if self.key is None:
            return {}
        return {
            "idempotency_key": self.key,
            "idempotency_digest": self.digest,
            "idempotency_by_id": self.by_id,
        }

    def earlier(self) -> Schedule | None:
        """Return the schedule that this request has made, if it has come before. Raises KeyReused where another has
        come with its key."""
        if self.key is None:
            return None
        found = Schedule.objects.filter(idempotency_by_id=self.by_id, idempotency_key=self.key).first()
        if found is not None and found.idempotency_digest != self.digest:
            raise KeyReused
        return found
