"""Reads what is asked for a new job: field by field what is given, and all that is wrong with it if anything is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from rest_framework.serializers import ValidationError

from jobs.api.serializers import NewJobSerializer


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
