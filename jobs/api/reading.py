"""Reads and judges what is asked for a new job: field by field what is given, and all that is wrong with it if anything
is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError as Invalid
from rest_framework.serializers import ValidationError

from jobs import blackouts, rules
from jobs.api.serializers import NewJobSerializer
from jobs.models.constraints import EARLIEST_RUN_AT
from jobs.rights import reach_of
from jobs.transitions.creation.once import is_known

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@cache
def _serializer() -> NewJobSerializer:
    return NewJobSerializer()


def read_job(sent: Any) -> Mapping[str, Any]:
    """Return what a job says, as Python's types; what it leaves out has its default from the rules. Raises REST
    framework's ValidationError."""
    serializer = _serializer()
    if type(sent) is dict:  # a form has names with several values
        fields = serializer.fields
        try:
            given = {name: fields[name].run_validation(value) for name, value in sent.items()}
            return {"target": given["target"], "payload": {}, **given}
        except (KeyError, TypeError, ValidationError):
            pass  # the serializer says all that is wrong
    read: dict[str, Any] = serializer.run_validation(sent)
    return read


def judged(
    asked: Mapping[str, Any],
    *,
    by: AbstractBaseUser | None,
    now: datetime,
    idempotency_key: str | None = None,
    traceparent: str | None = None,
) -> rules.NewJob:
    """Return the job to create of what was read; `by` is who asks, None a program. Raises Django's ValidationError."""
    calendars = blackouts.Calendars(reach_of(by))
    beside = {"idempotency_key": idempotency_key, "traceparent": traceparent}
    try:
        return rules.check_new_job(**asked, **beside, now=now, calendars=calendars)
    except Invalid as error:
        # A repeat may arrive after its time has passed: it was judged when it came first.
        if set(error.message_dict) != {"run_at"} or not is_known(idempotency_key, by=by):
            raise
        return rules.check_new_job(**asked, **beside, now=EARLIEST_RUN_AT, calendars=calendars)
