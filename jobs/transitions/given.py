"""Arguments that others give to what somebody has defined, a trigger or a form: what these may not say, whatever the
target takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from jobs import secrets, targets

ELSEWHERE = (
    "This {what} has a secret of its own for the host in its address; whoever {does} it may not give another address. "
    "Whoever may change the {what} can take the secret out, or the address out of {where}."
)
# What is given may be somebody else's words, such as the body of a webhook.
REFERS = (
    "Whoever {does} a {what} may not refer to secrets; only the {what} itself may, in its own payload. Give the "
    "argument without an object that has the name $secret."
)
TRIGGER = {"what": "trigger", "does": "starts", "where": "caller_arguments"}
FORM = {"what": "form", "does": "fills in", "where": "its fields"}


def refuse_references(given: object, words: Mapping[str, str]) -> None:
    """Raise ValidationError where it refers to secrets."""
    if next(secrets.found(given), None) is not None:
        raise ValidationError({"payload": [REFERS.format(**words)]})


def refuse_elsewhere(target: str, own: dict[str, Any], given: Mapping[str, Any], words: Mapping[str, str]) -> None:
    """Raise ValidationError where it would take what is secret in the `own` arguments to another host."""
    if given and targets.goes_elsewhere(target, own, {**own, **given}):
        raise ValidationError({"payload": [ELSEWHERE.format(**words)]})
